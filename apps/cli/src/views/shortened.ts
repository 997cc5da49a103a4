/** Characters of a message in a list. */
const MESSAGE_LENGTH = 60;

/** The beginning of the first line of a message. */
export function shortened(message: string): string {
  const [line = ''] = message.split('\n', 1);
  return line.length > MESSAGE_LENGTH ? `${line.slice(0, MESSAGE_LENGTH - 1)}…` : line;
}
