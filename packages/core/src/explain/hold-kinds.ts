import type { EvaluationStepNumber } from '../rules/evaluation-order.js';
import type { RuleNumber } from '../rules/rule-table.js';

/** Where in the evaluation order something is held, and by which rule. */
export interface HoldKindEntry {
  readonly step: EvaluationStepNumber;
  readonly rule: RuleNumber | null;
  /** HOLD: by the gate, which keeps what it was decided from. WAIT: for something to come. */
  readonly verdict: 'HOLD' | 'WAIT';
  readonly means: string;
}

/**
 * Everything that can hold an execution that has not started (specification: Rule Evaluation Order). A kind is an entry here and
 * one in `find-holds.ts` of the engine, which says when it applies; of several that do, the first one here is what it waits for.
 */
export const HOLD_KINDS = {
  BACKOFF: { step: 2, rule: 8, verdict: 'WAIT', means: 'a retry whose delay is not over' },
  DEPENDENCIES: { step: 3, rule: 2, verdict: 'WAIT', means: 'an upstream that it depends on is undecided' },
  AFTER_UPSTREAM: {
    step: 3,
    rule: 2,
    verdict: 'WAIT',
    means: 'a temporal dependency is met, and its time after the upstream has not come',
  },
  WINDOW: { step: 1, rule: 17, verdict: 'HOLD', means: 'the execution windows of its job are closed' },
  TURN: { step: 4, rule: 3, verdict: 'HOLD', means: 'another execution of the job goes first' },
  CATCHUP_TURN: {
    step: 4,
    rule: 4,
    verdict: 'HOLD',
    means: 'an earlier fire time that was missed runs first',
  },
  UNCLAIMED: {
    step: 8,
    rule: null,
    verdict: 'WAIT',
    means: 'it has its slots, and no executor has taken it yet',
  },
  EXHAUSTED: {
    step: 5,
    rule: null,
    verdict: 'WAIT',
    means: 'a resource is exhausted, and nothing is admitted until it recovers',
  },
  UNPLACEABLE: {
    step: 5,
    rule: 6,
    verdict: 'WAIT',
    means: 'it requests more than its pool or any executor has',
  },
  POOL_PAUSED: { step: 7, rule: 6, verdict: 'WAIT', means: 'its pool is paused' },
  AMOUNTS: { step: 5, rule: 6, verdict: 'WAIT', means: 'what it requests of its pool is taken, or reserved' },
  ROOM: { step: 5, rule: null, verdict: 'WAIT', means: 'no executor has room for what it requests' },
  NO_EXECUTOR: { step: 5, rule: null, verdict: 'WAIT', means: 'no executor is alive' },
  LIMIT: { step: 7, rule: 6, verdict: 'WAIT', means: 'its pool or another limit of its job is full' },
  GLOBAL_LIMIT: { step: 7, rule: 7, verdict: 'WAIT', means: 'the namespace runs as many as it may' },
  PLACES: { step: 5, rule: null, verdict: 'WAIT', means: 'every place of the executors is taken' },
  PRIORITY: { step: 6, rule: 5, verdict: 'WAIT', means: 'others of its job or pool stand before it' },
} as const satisfies Record<string, HoldKindEntry>;

export type HoldKind = keyof typeof HOLD_KINDS;

export const HOLD_KIND_NAMES = Object.keys(HOLD_KINDS) as [HoldKind, ...HoldKind[]];
