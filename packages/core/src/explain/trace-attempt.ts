import type { HistoryEntry } from '../ports/execution-store.js';
import type { JsonObject } from '../schema/json.js';
import { isTerminal } from '../state/status.js';
import type { Entry, TraceFacts } from './trace-facts.js';

/** Who took it. */
export function traceStart({ record }: TraceFacts): Entry[] {
  const { started_time, executor_id } = record;
  if (started_time === undefined) return [];
  const because = `claimed by ${executor_id ?? 'an executor'}`;
  return [{ rule: null, verdict: 'PASS', time: started_time, because }];
}

const LOST: ReadonlySet<string> = new Set(['EXEC_012_EXECUTOR_LOST', 'EXEC_013_HEARTBEAT_MISSED']);

/** Whether whoever ran it was alive (specification: Rule 13). */
export function traceHeartbeat({ record, running }: TraceFacts): Entry[] {
  if (record.started_time === undefined) return [];
  const inputs = { executor_id: record.executor_id ?? '', lease_expires: running?.lease_expires ?? null };
  if (running?.alive === false)
    return [{ rule: 13, verdict: 'FAIL', because: 'its executor does not renew its lease any more', inputs }];
  if (LOST.has(record.reason ?? ''))
    return [
      { rule: 13, verdict: 'FAIL', time: record.completed_time, because: 'the heartbeat ceased', inputs },
    ];
  const because = isTerminal(record.status) ? 'alive to its end' : 'its executor renews its lease';
  return [{ rule: 13, verdict: 'PASS', because, inputs }];
}

const TIMED_OUT: ReadonlySet<string> = new Set(['EXEC_011_TIMEOUT', 'EXEC_021_QUEUE_TIMEOUT']);

/** Whether it ended in time (specification: Rule 12), and what was said while it did not. */
export function traceTimeout({ record, definition }: TraceFacts): Entry[] {
  const inputs = limitsOf(definition);
  const overruns = record.history.filter(({ event }) => OVERRUNS.has(event)).map(entryOfNote);
  if (TIMED_OUT.has(record.reason ?? ''))
    return [
      ...overruns,
      { rule: 12, verdict: 'FAIL', time: record.completed_time, because: 'it took too long', inputs },
    ];
  if (overruns.length > 0 || record.started_time === undefined) return overruns;
  const because = isTerminal(record.status) ? 'it ended in time' : 'its time is not over';
  return [{ rule: 12, verdict: 'PASS', because, inputs }];
}

const OVERRUNS: ReadonlySet<HistoryEntry['event']> = new Set(['WARN', 'EXTEND']);

function entryOfNote({ time, detail }: HistoryEntry): Entry {
  return { rule: 12, verdict: 'PASS', time, because: detail ?? 'it runs longer than it should' };
}

function limitsOf(definition: TraceFacts['definition']): JsonObject {
  if (definition === undefined) return {};
  const { timeout_seconds, timeout_action, queue_timeout_seconds } = definition;
  return {
    timeout_seconds,
    timeout_action,
    ...(queue_timeout_seconds === null ? {} : { queue_timeout_seconds }),
  };
}
