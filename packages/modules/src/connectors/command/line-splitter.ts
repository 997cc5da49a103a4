import type { Readable } from 'node:stream';
import { RESULT_LINE_PREFIX } from './result-line.js';

/** What is printed for people is handed on in pieces of at most so many characters. */
const LONGEST_LINE = 16 * 1024;
/** What is meant for Phi is whole, up to this: as large as a request's body. */
const LONGEST_RESULT_LINE = 1024 * 1024;

const longest = (line: string): number =>
  line.startsWith(RESULT_LINE_PREFIX) ? LONGEST_RESULT_LINE : LONGEST_LINE;

/**
 * Hands on what a stream brings, line by line, as it comes: never more than one line is held, however much is printed.
 *
 * @returns resolves when the stream has closed and its last line is handed on
 */
export const eachLine = async (stream: Readable, onLine: (line: string) => void): Promise<void> => {
  let pending = '';
  const emit = (line: string): void => {
    const text = line.endsWith('\r') ? line.slice(0, -1) : line;
    const size = longest(text);
    for (let from = 0; from === 0 || from < text.length; from += size) onLine(text.slice(from, from + size));
  };
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) emit(line);
    const size = longest(pending);
    if (pending.length > size) {
      // Whole pieces: that a line goes on is told by the length of each.
      const whole = pending.length - (pending.length % size);
      emit(pending.slice(0, whole));
      pending = pending.slice(whole);
    }
  });
  await new Promise<void>((resolve) => {
    stream.once('close', resolve);
    // What cannot be read any more is closed next.
    stream.once('error', () => undefined);
  });
  if (pending !== '') emit(pending);
};
