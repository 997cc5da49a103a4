import type { Effect } from '../witness/effects.js';
import { chainsOf, grouped, idsOf } from './chains.js';
import { violationOf, type Check, type Violation } from './check.js';

/** Checkpoint sequence never goes back within a chain, except by a recorded fallback. */
export const checkpointsForward: Check = ({ executions, effects }) => {
  const fellBack = new Set(
    idsOf(executions.filter(({ history }) => history.some(({ event }) => event === 'FALL_BACK'))),
  );
  const ofBodies = [...grouped(effects, ({ chain_id }) => chain_id).values()].flatMap((told) =>
    told
      .filter(({ what, execution_id }) => what === 'start' && !fellBack.has(execution_id))
      .flatMap((start) => goesBack(start, told)),
  );
  const ofRecords = [...chainsOf(executions).values()].flatMap((attempts) => {
    const sequences = attempts.map(({ checkpoint = 0 }) => checkpoint);
    if (sequences.every((sequence, index) => sequence >= (sequences[index - 1] ?? 0))) return [];
    return [violation('the checkpoint of a later attempt has a lower number', idsOf(attempts), sequences)];
  });
  return [...ofBodies, ...ofRecords];
};

const violation = violationOf(8);

/** What was acknowledged to an attempt is what the next one goes on from, and nothing that nobody saved. */
function goesBack(start: Effect, told: readonly Effect[]): Violation[] {
  const before = told.filter(({ attempt_number }) => attempt_number < start.attempt_number);
  const acknowledged = Math.max(
    0,
    ...before.flatMap(({ what, counter = 0 }) => (what === 'saved' ? [counter] : [])),
  );
  const from = start.counter ?? 0;
  if (from < acknowledged)
    return [
      violation('an attempt went on from before what was saved', [start.execution_id], {
        start,
        acknowledged,
      }),
    ];
  const reached = Math.max(0, ...before.map(({ counter = 0 }) => counter));
  // One more may have been saved without anybody being told.
  return from > reached + 1
    ? [violation('an attempt went on from what nobody saved', [start.execution_id], { start, reached })]
    : [];
}
