import type { ExecutionRecord, Explanation } from '@phi/core';

import { countInWords, durationInWords, listInWords } from './in-words.js';

/** What the sentence is made from. */
export type Explained = Pick<Explanation, 'holds' | 'queue' | 'running' | 'ended'>;

/** Holders of a limit that the sentence names. */
const NAMED = 3;

/**
 * An explanation in a sentence.
 *
 * @param now - Redis' time, epoch milliseconds
 */
export function summarizeExplanation(record: ExecutionRecord, explained: Explained, now: number): string {
  const { running, ended } = explained;
  if (ended !== null) return summarizeEnd(record, ended);
  if (running !== null) return summarizeRun(record, running, now);
  return summarizeHold(record, explained, now);
}

function summarizeHold({ status }: ExecutionRecord, { holds, queue }: Explained, now: number): string {
  const [hold] = holds;
  if (hold === undefined) return `${status}: nothing holds it; it goes on at once.`;
  const parts = [hold.because];
  if (hold.limit !== null && hold.limit.held > 0)
    parts.push(`held by ${listInWords(hold.limit.holders, NAMED, hold.limit.held)}`);
  if (hold.behind !== null) parts.push(`behind ${hold.behind}`);
  if (hold.until !== null && Date.parse(hold.until) > now)
    parts.push(
      `${UNTIL[hold.kind] ?? 'until'} ${hold.until} (in ${durationInWords(Date.parse(hold.until) - now)})`,
    );
  if (queue !== null && !queue.admitted && hold.kind !== 'PRIORITY' && queue.before > 0)
    parts.push(
      `${queue.before_is_exact ? '' : 'at least '}${countInWords(queue.before, 'other stands', 'others stand')} before it`,
    );
  if (hold.limit !== null && queue !== null)
    parts.push(
      queue.estimated_start === null
        ? `when it starts is not known: ${queue.estimate_because}`
        : `it may start ${queue.estimate_because}`,
    );
  if (queue?.times_out)
    parts.push(
      `it times out at ${queue.times_out} (in ${durationInWords(Date.parse(queue.times_out) - now)}) unless it has started`,
    );
  return `${status}: ${parts.join('; ')}.`;
}

/** Past it, it does not go on but is given up. */
const UNTIL: Readonly<Partial<Record<Explanation['holds'][number]['kind'], string>>> = {
  DEPENDENCIES: 'given up at',
};

function summarizeRun(
  { status }: ExecutionRecord,
  running: NonNullable<Explanation['running']>,
  now: number,
): string {
  const { executor_id, since, alive, usual_seconds, cancel_asked } = running;
  const parts = [`on ${executor_id} for ${durationInWords(now - Date.parse(since))}`];
  if (usual_seconds !== null) parts.push(`the job usually takes ${durationInWords(usual_seconds * 1000)}`);
  if (cancel_asked !== null) parts.push('it was asked to stop');
  if (!alive) parts.push('its executor does not renew its lease any more: recovery takes it back');
  return `${status}: ${parts.join('; ')}.`;
}

function summarizeEnd(record: ExecutionRecord, ended: NonNullable<Explanation['ended']>): string {
  const { status, started_time, completed_time } = record;
  const { code, message, retry, dependents, dependent_count } = ended;
  const parts: string[] = [];
  if (code !== null) parts.push(`${code}: ${withoutStop(message ?? '')}`);
  if (started_time !== undefined && completed_time !== undefined)
    parts.push(`it ran for ${durationInWords(completed_time - started_time)}`);
  else parts.push('it never ran');
  if (retry !== null)
    parts.push(
      `attempt ${String(record.attempt_number + 1)} follows: ${retry.execution_id} is ${retry.status}`,
    );
  else if (dependent_count > 0) {
    const states = dependents.map(({ job_id, status: state }) => `${job_id} ${state ?? 'not created'}`);
    parts.push(`after it: ${listInWords(states, NAMED, dependent_count)}`);
  }
  return `${status}: ${parts.join('; ')}.`;
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
