import type { ExecutionRecord, HistoryEntry } from '@phi/core';

import type { Dump } from '../witness/dump.js';
import { chainsOf, grouped, summary, timeOf } from './chains.js';
import { violationOf, type Check, type Violation } from './check.js';

/** No write was accepted from a stale fence, of any verb. */
export const currentFence: Check = (dump) => [
  ...dump.executions.flatMap(fromOthers),
  ...foreignBodies(dump),
  ...fallingFences(dump),
  ...staleCheckpoints(dump),
];

/** What only the executor may write that claimed it. */
const HOLDERS: ReadonlySet<HistoryEntry['event']> = new Set([
  'SUCCEED',
  'FAIL',
  'TIME_OUT',
  'REJECT',
  'WARN',
  'EXTEND',
  'FALL_BACK',
]);
/** What recovery may write as well, once the lease has run out. */
const SHARED: ReadonlySet<HistoryEntry['event']> = new Set(['CONFIRM_CANCEL', 'COMPLETE']);
const RECOVERY = 'recovery';

const violation = violationOf(2);

function fromOthers(record: ExecutionRecord): Violation[] {
  const holders = record.history.filter(({ event }) => event === 'CLAIM').map(({ actor }) => actor);
  const isAllowed = ({ event, actor }: HistoryEntry): boolean => {
    if (HOLDERS.has(event)) return holders.length === 1 && actor === holders[0];
    return !SHARED.has(event) || actor === RECOVERY || holders.includes(actor);
  };
  const others = record.history.filter((entry) => !isAllowed(entry));
  if (others.length === 0 && holders.length <= 1) return [];
  return [violation('was written by another than its holder', [record.execution_id], summary(record))];
}

/** Bodies run under the fence that was issued, and no other. */
function foreignBodies({ executions, effects }: Dump): Violation[] {
  const fences = new Map(executions.map(({ execution_id, fence }) => [execution_id, fence]));
  return effects
    .filter(({ execution_id, fence }) => fences.get(execution_id) !== fence)
    .map((effect) =>
      violation('a body ran under another fence than its execution has', [effect.execution_id], {
        effect,
        fence: fences.get(effect.execution_id),
      }),
    );
}

function fallingFences({ executions }: Dump): Violation[] {
  return [...chainsOf(executions).values()].flatMap((attempts) => {
    // Until it is claimed, a retry has the fence of the attempt before it.
    const claimed = attempts.filter((record) => timeOf(record, 'CLAIM') !== undefined);
    const fences = claimed.flatMap(({ fence }) => (fence === undefined ? [] : [fence]));
    const falls = fences.some((fence, index) => fence <= (fences[index - 1] ?? -Infinity));
    return falls
      ? [
          violation(
            'the fence did not grow from attempt to attempt',
            attempts.map(({ execution_id }) => execution_id),
            fences,
          ),
        ]
      : [];
  });
}

/** Saved after the attempt had ended, or over what a later attempt had saved. */
function staleCheckpoints({ executions, checkpoints }: Dump): Violation[] {
  const byId = new Map(executions.map((record) => [record.execution_id, record]));
  const late = checkpoints.filter(({ execution_id, time }) => {
    const record = byId.get(execution_id);
    const ended = record?.completed_time ?? Infinity;
    return record === undefined || time > ended || time < (timeOf(record, 'CLAIM') ?? Infinity);
  });
  const over = [...grouped(checkpoints, ({ chain_id }) => chain_id).values()].filter((slots) => {
    const [older, newer] = slots.toSorted((a, b) => a.sequence - b.sequence);
    return older !== undefined && newer !== undefined && newer.fence < older.fence;
  });
  return [...late, ...over.flat()].map((slot) =>
    violation('a checkpoint was saved under a stale fence', [slot.execution_id], slot),
  );
}
