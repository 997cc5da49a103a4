import { formatProblem, type Problem } from '@phi/core';

const NAMED_AT_MOST = 20;
const LINE_LENGTH = 400;

/** What is wrong with a message, a line for each problem: bounded, because its fields are the sender's to name. */
export function refusalReason(problems: readonly Problem[]): string {
  const more = problems.length - NAMED_AT_MOST;
  const lines = problems.slice(0, NAMED_AT_MOST).map((problem) => oneLine(formatProblem(problem)));
  return [...lines, ...(more > 0 ? [`and ${String(more)} more problems`] : [])].join('\n');
}

function oneLine(text: string): string {
  const plain = text.replace(/\p{Cc}+/gu, ' ');
  return plain.length <= LINE_LENGTH ? plain : `${plain.slice(0, LINE_LENGTH)} …`;
}
