import type { ExecutionRecord } from '../ports/execution-store.js';
import { EVALUATION_ORDER, type EvaluationStepNumber } from '../rules/evaluation-order.js';
import type { ExplainedHold, TraceEntry } from '../schema/explanation.js';
import { isTerminal } from '../state/status.js';
import { HOLD_KINDS } from './hold-kinds.js';
import { traceHeartbeat, traceStart, traceTimeout } from './trace-attempt.js';
import { traceDependencies } from './trace-dependencies.js';
import type { Entry, TraceFacts } from './trace-facts.js';
import { traceOthers, traceWindow } from './trace-gate.js';
import { traceSchedule } from './trace-schedule.js';

/**
 * The way of an execution through the ten steps, in their order and within a step in that of time (specification: Rule Evaluation
 * Order). What was let through follows from its record; what was held or skipped, from the verdicts kept with it.
 */
export function traceExecution(facts: TraceFacts): TraceEntry[] {
  return EVALUATION_ORDER.flatMap(({ step, name }) =>
    entriesOf(facts, step).map(({ rule, verdict, time, because, inputs = {} }) => ({
      step,
      name,
      rule,
      verdict,
      time: time === undefined ? null : new Date(time).toISOString(),
      because,
      inputs,
    })),
  );
}

function entriesOf(facts: TraceFacts, step: EvaluationStepNumber): readonly Entry[] {
  const holds = facts.holds.filter(({ kind }) => HOLD_KINDS[kind].step === step).map(entryOfHold);
  const past = PAST[step](facts).filter(({ verdict }) => holds.length === 0 || verdict !== 'PASS');
  const entries = holds.reduce(withHold, past);
  return entries.length > 0 ? entries : [notReached(facts.record)];
}

/** A hold of the present goes on from the latest verdict of its rule, where that has kept it since. */
function withHold(entries: readonly Entry[], hold: Entry): readonly Entry[] {
  const latest = entries.at(-1);
  if (latest?.rule !== hold.rule || latest.verdict !== hold.verdict) return [...entries, hold];
  const merged = { ...latest, because: hold.because, inputs: { ...latest.inputs, ...hold.inputs } };
  return [...entries.slice(0, -1), merged];
}

function notReached({ status }: ExecutionRecord): Entry {
  const because = isTerminal(status) ? 'it did not come to this' : 'it has not come to this yet';
  return { rule: null, verdict: 'NOT_REACHED', because };
}

function entryOfHold({ kind, because, until, behind, limit }: ExplainedHold): Entry {
  const { rule, verdict } = HOLD_KINDS[kind];
  return {
    rule,
    verdict,
    because,
    inputs: {
      ...(until === null ? {} : { until }),
      ...(behind === null ? {} : { behind }),
      ...(limit === null ? {} : { limit: { name: limit.name, number: limit.number, held: limit.held } }),
    },
  };
}

const PAST: Readonly<Record<EvaluationStepNumber, (facts: TraceFacts) => readonly Entry[]>> = {
  1: traceWindow,
  2: traceSchedule,
  3: traceDependencies,
  4: traceOthers,
  5: ({ record }) => admitted(record, { rule: null, because: 'a place on an executor' }),
  6: ({ record }) => admitted(record, byPriority(record)),
  7: ({ record }) => admitted(record, withinLimits(record)),
  8: traceStart,
  9: traceHeartbeat,
  10: traceTimeout,
};

type Admitted = Pick<Entry, 'rule' | 'because' | 'inputs'>;

/** Slots are given all at once, and when is not recorded: between its queueing and its claim. */
function admitted({ status, started_time }: ExecutionRecord, entry: Admitted): Entry[] {
  return started_time === undefined && status !== 'QUEUED' ? [] : [{ ...entry, verdict: 'PASS' }];
}

function byPriority({ priority }: ExecutionRecord): Admitted {
  return { rule: 5, because: 'at the head of its lane', inputs: { priority } };
}

function withinLimits({ resource_pool, job_type }: ExecutionRecord): Admitted {
  return { rule: 7, because: 'room within every limit of its job', inputs: { resource_pool, job_type } };
}
