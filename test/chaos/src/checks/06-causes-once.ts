import { STARTING_OUTCOMES, type ExecutionRecord } from '@phi/core';

import type { Dump } from '../witness/dump.js';
import { grouped, idsOf, summary } from './chains.js';
import { violationOf, type Check, type Violation } from './check.js';

/**
 * Each nominal fire time has exactly one final outcome in the ledger; each accepted event reached exactly one execution of each trigger
 * it matches.
 */
export const causesOnce: Check = (dump) => [...ledgers(dump), ...firedTwice(dump), ...events(dump)];

const STARTING: ReadonlySet<string> = new Set(STARTING_OUTCOMES);

const violation = violationOf(6);

function isCause({ attempt_number, pass }: ExecutionRecord): boolean {
  return attempt_number === 1 && pass === 1;
}

function ledgers({ intent, ticks, executions }: Dump): Violation[] {
  const known = new Set(idsOf(executions));
  return [...ticks].flatMap(([scheduleId, settled]) => {
    const step = (intent.schedules.get(scheduleId) ?? 0) * 1000;
    return settled.flatMap((tick, index) => {
      const before = settled[index - 1];
      const follows = before === undefined || tick.nominal_ms - before.nominal_ms === step;
      const isFinal = tick.outcome !== 'HELD';
      const started = !STARTING.has(tick.outcome) || known.has(tick.execution_id ?? '');
      if (follows && isFinal && started) return [];
      return [
        violation(`a fire time of ${scheduleId} has not exactly one final outcome`, [], { before, tick }),
      ];
    });
  });
}

function firedTwice({ ticks, executions }: Dump): Violation[] {
  const fired = executions.filter((record) => isCause(record) && record.trigger_type === 'SCHEDULED');
  const groups = grouped(fired, (record) => `${record.trigger_id} at ${String(record.scheduled_time)}`);
  return [...groups].flatMap(([about, records]) => {
    const [record] = records;
    const settled = ticks.get(record?.trigger_id ?? '');
    const entered = settled?.find(({ nominal_ms }) => nominal_ms === record?.scheduled_time);
    const isEntered = entered !== undefined && entered.execution_id === record?.execution_id;
    if (records.length === 1 && isEntered && STARTING.has(entered.outcome)) return [];
    const what = records.length > 1 ? 'fired more than once' : 'fired and the ledger does not say so';
    return [violation(`${about} ${what}`, idsOf(records), { records: records.map(summary), entered })];
  });
}

function events({ intent, told, executions }: Dump): Violation[] {
  const accepted = new Set(told.flatMap((entry) => (entry.what === 'event' ? [entry.n] : [])));
  return [...intent.takes].flatMap(([jobId, takes]) => {
    const reached = new Map<number, string[]>();
    for (const record of executions)
      if (record.job_id === jobId && isCause(record))
        for (const n of numbersOf(record)) reached.set(n, [...(reached.get(n) ?? []), record.execution_id]);
    const numbers = new Set([...accepted, ...reached.keys()]);
    return [...numbers].flatMap((n) => {
      const found = reached.get(n) ?? [];
      const least = accepted.has(n) && takes(n) ? 1 : 0;
      const most = takes(n) ? 1 : 0;
      if (found.length >= least && found.length <= most) return [];
      return [
        violation(`event ${String(n)} reached ${String(found.length)} executions of ${jobId}`, found, {
          least,
          most,
        }),
      ];
    });
  });
}

/** Of the events in an execution's parameters: their numbers. */
function numbersOf({ parameters = '{}' }: ExecutionRecord): readonly number[] {
  const { events: carried = [] } = JSON.parse(parameters) as {
    events?: readonly { data?: { n?: number } }[];
  };
  return carried.flatMap(({ data }) => (data?.n === undefined ? [] : [data.n]));
}
