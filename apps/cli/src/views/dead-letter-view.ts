import type { DeadLetterAnswer, DeadLetterGroups } from '../api/dead-letter.js';
import { formatRelative } from '../output/duration.js';
import { facts, table } from '../output/table.js';
import { shortened } from './shortened.js';

/** Dead letters as a table. */
export function describeDeadLetters(letters: readonly DeadLetterAnswer[], now: number): string {
  const rows = letters.map((letter) => [
    letter.execution_id,
    letter.job_id,
    letter.error_code,
    letter.attempt_number,
    formatRelative(letter.failed_time, now),
    letter.fingerprint,
    shortened(letter.error_message),
  ]);
  return table(['EXECUTION', 'JOB', 'CODE', 'ATTEMPTS', 'FAILED', 'KIND', 'MESSAGE'], rows);
}

/** Kinds of failure as a table, the most frequent first. */
export function describeDeadLetterGroups({ items }: DeadLetterGroups, now: number): string {
  const rows = items.map(({ fingerprint, count, latest }) => [
    fingerprint,
    count,
    latest.job_id,
    latest.error_code,
    formatRelative(latest.failed_time, now),
    shortened(latest.error_message),
  ]);
  return table(['KIND', 'COUNT', 'JOB', 'CODE', 'LATEST', 'MESSAGE'], rows);
}

/** One dead letter, all of it. */
export function describeDeadLetter(letter: DeadLetterAnswer, now: number): string {
  return facts([
    ['execution', letter.execution_id],
    ['job', letter.job_id],
    ['run', letter.run_id],
    ['failed', `${letter.failed_time} (${formatRelative(letter.failed_time, now)})`],
    ['attempts', letter.attempt_number],
    ['code', `${letter.error_code} (${letter.error_category})`],
    ['message', letter.error_message],
    ['kind', letter.fingerprint],
    ...Object.entries(letter.context).map(([name, value]) => [`context.${name}`, value] as const),
    ['stack', letter.stack_trace],
  ]);
}
