import type { ExecutionRecord } from '@phi/core';

import { mostAtOnce } from '../../../e2e/fixture/overlaps.js';
import type { Dump } from '../witness/dump.js';
import { timeOf } from './chains.js';
import type { Check, Violation } from './check.js';

/** Slots held = executions admitted, running or completing, per limit; no limit was ever exceeded. */
export const limitsKept: Check = (dump) => [...exceeded(dump), ...leftBehind(dump)];

/** By the histories: each ran from its claim until its end, and held its slots for longer. */
function exceeded({ intent, executions }: Dump): Violation[] {
  return [...intent.limits].flatMap(([limit, number]) => {
    const under = executions.filter((record) => limitsOf(record).includes(limit));
    const intervals = under.flatMap((record) => {
      const from = timeOf(record, 'CLAIM');
      return from === undefined ? [] : [{ from, to: record.completed_time ?? Infinity }];
    });
    const most = mostAtOnce(intervals);
    return most <= number
      ? []
      : [
          {
            invariant: 3,
            what: `${String(most)} ran at once under ${limit}, which lets ${String(number)} through`,
            executions: [],
            evidence: { limit, number, most },
          },
        ];
  });
}

function limitsOf({ job_id, job_type, resource_pool }: ExecutionRecord): readonly string[] {
  return ['global', `job:${job_id}`, `type:${job_type}`, `pool:${resource_pool}`];
}

/** Everything has ended: nothing holds a slot. */
function leftBehind({ slots, executions }: Dump): Violation[] {
  const ended = new Set(
    executions
      .filter(({ completed_time }) => completed_time !== undefined)
      .map(({ execution_id }) => execution_id),
  );
  const known = new Set(executions.map(({ execution_id }) => execution_id));
  return [...slots].flatMap(([limit, held]) => {
    const leaked = held.filter((id) => ended.has(id) || !known.has(id));
    return leaked.length === 0
      ? []
      : [
          {
            invariant: 3,
            what: `${String(leaked.length)} that have ended hold slots of ${limit}`,
            executions: leaked,
            evidence: { limit },
          },
        ];
  });
}
