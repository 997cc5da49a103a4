import type { Dump } from '../witness/dump.js';
import { grouped, idsOf, LOST, summary, timeOf } from './chains.js';
import { violationOf, type Check, type Violation } from './check.js';

/** Repeated body runs are counted and reported, never hidden: each is an attempt that the histories know, and each attempt has one. */
export const bodiesAccounted: Check = (dump) => [
  ...startedTwice(dump),
  ...withoutClaim(dump),
  ...withoutBody(dump),
];

/** How often bodies ran more than once in all. */
export interface Repetitions {
  /** Starts of bodies beyond the first of each chain. */
  readonly startedAgain: number;
  /** Of these, attempts that followed one that was lost with its executor. */
  readonly afterLoss: number;
  /** Chains of which more than one body came to its end. */
  readonly endedTwice: number;
}

export function countRepetitions({ executions, effects }: Dump): Repetitions {
  const chains = [...grouped(effects, ({ chain_id }) => chain_id).values()];
  const count = (told: (typeof chains)[number], wanted: string): number =>
    told.filter(({ what }) => what === wanted).length;
  return {
    startedAgain: chains.reduce((sum, told) => sum + Math.max(0, count(told, 'start') - 1), 0),
    afterLoss: executions.filter(({ reason, retried_by }) => reason === LOST && retried_by !== undefined)
      .length,
    endedTwice: chains.filter((told) => count(told, 'end') > 1).length,
  };
}

const violation = violationOf(10);

function startedTwice({ effects }: Dump): Violation[] {
  const starts = effects.filter(({ what }) => what === 'start');
  return [...grouped(starts, ({ execution_id }) => execution_id)].flatMap(([id, told]) =>
    told.length > 1 ? [violation('one attempt started its body more than once', [id], told)] : [],
  );
}

function withoutClaim({ executions, effects }: Dump): Violation[] {
  const claimed = new Set(idsOf(executions.filter((record) => timeOf(record, 'CLAIM') !== undefined)));
  return effects
    .filter(({ what, execution_id }) => what === 'start' && !claimed.has(execution_id))
    .map((effect) => violation('a body ran that nobody had claimed', [effect.execution_id], effect));
}

/** What is recorded as done was done. */
function withoutBody({ executions, effects }: Dump): Violation[] {
  const ended = new Set(effects.filter(({ what }) => what === 'end').map(({ execution_id }) => execution_id));
  return executions
    .filter(({ status, execution_id }) => status === 'COMPLETED' && !ended.has(execution_id))
    .map((record) =>
      violation(
        'it is COMPLETED and its body did not come to its end',
        [record.execution_id],
        summary(record),
      ),
    );
}
