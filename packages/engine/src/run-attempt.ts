import { setTimeout as sleep } from 'node:timers/promises';

import type {
  Attempt,
  AttemptAchievement,
  AttemptEnd,
  AttemptRunner,
  ExecutionRecord,
  ExecutionResult,
  JobDefinition,
  TransitionCommand,
  TransitionResult,
} from '@phi/core';

import { mergeParameters } from './check-parameters.js';
import { orderFailure, type Failure } from './fail-attempt.js';
import { LogBuffer } from './log-buffer.js';
import { carryOn } from './move-due.js';
import type { Services } from './services.js';
import { Deadline } from './deadline.js';

/** Why a running attempt is stopped from outside its body. */
export type StopReason = 'LEASE_LOST' | 'SHUTDOWN';

export interface ExecutorContext {
  readonly services: Services;
  readonly runner: AttemptRunner;
  readonly executor_id: string;
  /** Aborted with a StopReason. */
  readonly signal: AbortSignal;
}

/** What became of a delivery. */
export type DeliveryOutcome =
  /** Another executor has it, or it is over: nothing was done. */
  | { readonly kind: 'declined'; readonly refusal: string }
  /** It ran here and its end was recorded. */
  | { readonly kind: 'recorded'; readonly status: string; readonly execution: ExecutionRecord }
  /** It ran here, and somebody else has decided about it meanwhile. */
  | { readonly kind: 'refused'; readonly refusal: string; readonly execution: ExecutionRecord };

/**
 * Takes delivery of an execution: claims it, runs its body and records how that ended
 * (specification: Executor Subsystem).
 */
export async function runAttempt(context: ExecutorContext, executionId: string): Promise<DeliveryOutcome> {
  const nonce = context.services.ids.next();
  const claim = await insist(context, {
    event: 'CLAIM',
    execution_id: executionId,
    nonce,
    op: nonce,
    executor_id: context.executor_id,
    actor: context.executor_id,
    with_record: true,
  });
  if (!claim.ok || claim.record === undefined)
    return { kind: 'declined', refusal: claim.ok ? 'NO_RECORD' : claim.refusal };
  const record = claim.record;
  const definition = await context.services.catalog.definition(record.job_id, record.job_revision);
  if (definition === undefined)
    return outcomeOf(context, record, await fail(context, record, undefined, missingDefinition(record)));
  return outcomeOf(context, record, await runClaimed(context, record, definition));
}

async function runClaimed(
  context: ExecutorContext,
  record: ExecutionRecord,
  definition: JobDefinition,
): Promise<TransitionResult | undefined> {
  const began = context.services.clock.now();
  const deadline = new Deadline(definition.timeout_seconds * 1000);
  const logs = new LogBuffer(context.services.logs, record.execution_id);
  try {
    const attempt = await prepare(context.services, record, definition);
    const end = await context.runner.run(attempt, {
      signal: AbortSignal.any([context.signal, deadline.signal]),
      onLog: (stream, text) => logs.add(stream, text),
      onCheckpoint: (state) => void saveCheckpoint(context, record, state),
    });
    const elapsedMs = context.services.clock.now() - began;
    return await recordEnd(context, record, definition, {
      end,
      elapsedMs,
      timedOut: deadline.signal.aborted,
    });
  } finally {
    deadline.clear();
    await logs.close();
  }
}

async function recordEnd(
  context: ExecutorContext,
  record: ExecutionRecord,
  definition: JobDefinition,
  {
    end,
    elapsedMs,
    timedOut,
  }: { readonly end: AttemptEnd; readonly elapsedMs: number; readonly timedOut: boolean },
): Promise<TransitionResult | undefined> {
  if (end.kind === 'succeeded') return complete(context, record, successResult(end.achieved, elapsedMs));
  if (end.kind === 'failed')
    return fail(context, record, definition, { ...end, status: 'FAILED', lost: false });
  if (timedOut) return fail(context, record, definition, timeoutFailure(definition, end.forced));
  if (context.signal.reason === 'SHUTDOWN') return fail(context, record, definition, SHUTDOWN_FAILURE);
  return undefined;
}

/** COMPLETING and COMPLETED in one call, unless the fan-out needs more than one script. */
async function complete(
  context: ExecutorContext,
  record: ExecutionRecord,
  achieved: ExecutionResult,
): Promise<TransitionResult> {
  const base = fenced(context, record);
  const result = JSON.stringify(achieved);
  const [succeeded, completed] = await Promise.all([
    insist(context, { ...base, event: 'SUCCEED', result }),
    insist(context, { ...base, event: 'COMPLETE' }),
  ]);
  if (!succeeded.ok) return succeeded;
  if (completed.ok && completed.status === 'COMPLETING') {
    await untilAnswered(context, () => carryOn(context.services));
  }
  return completed;
}

async function fail(
  context: ExecutorContext,
  record: ExecutionRecord,
  definition: JobDefinition | undefined,
  failure: Failure,
): Promise<TransitionResult> {
  const now = await untilAnswered(context, () => context.services.schedules.now());
  const event = failure.status === 'TIMEOUT' ? 'TIME_OUT' : 'FAIL';
  const order =
    definition === undefined
      ? { reason: failure.error_code, detail: failure.error_message }
      : orderFailure(context.services, record, definition, failure, now);
  return insist(context, { ...fenced(context, record), ...order, event });
}

async function prepare(
  services: Services,
  record: ExecutionRecord,
  definition: JobDefinition,
): Promise<Attempt> {
  const chain_id = record.parent_execution_id ?? record.execution_id;
  const [edges, checkpoint] = await Promise.all([
    definition.dependencies.length === 0 ? [] : services.executions.decidedEdges(chain_id),
    record.attempt_number === 1 ? undefined : services.checkpoints.load(chain_id),
  ]);
  const met = edges.filter((edge) => edge.verdict === 'met').map((edge) => edge.execution_id);
  const upstreams = await services.executions.getMany(met);
  return {
    execution_id: record.execution_id,
    run_id: record.run_id,
    attempt_number: record.attempt_number,
    chain_id,
    definition,
    parameters: mergeParameters(definition, record.parameters),
    upstream: Object.fromEntries(upstreams.map((upstream) => [upstream.job_id, outputsOf(upstream)])),
    ...(checkpoint === undefined ? {} : { checkpoint }),
  };
}

function outputsOf(record: ExecutionRecord): Readonly<Record<string, string>> {
  return record.result === undefined ? {} : (JSON.parse(record.result) as ExecutionResult).outputs;
}

async function saveCheckpoint(
  context: ExecutorContext,
  record: ExecutionRecord,
  state: string,
): Promise<void> {
  await untilAnswered(context, () =>
    context.services.checkpoints.save(record.execution_id, record.nonce ?? '', state),
  );
}

function fenced(
  context: ExecutorContext,
  record: ExecutionRecord,
): Pick<TransitionCommand, 'execution_id' | 'nonce' | 'op' | 'actor'> {
  const nonce = record.nonce ?? '';
  return { execution_id: record.execution_id, nonce, op: nonce, actor: context.executor_id };
}

/** Sends a transition until it is answered: its operation id makes the repetition harmless. */
function insist(context: ExecutorContext, command: TransitionCommand): Promise<TransitionResult> {
  return untilAnswered(context, () => context.services.executions.transition(command));
}

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** Repeats a call while Redis is away, until the lease is lost: then the answer is somebody else's to give. */
async function untilAnswered<T>(context: ExecutorContext, call: () => Promise<T>): Promise<T> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
    try {
      return await call();
    } catch (error) {
      if (context.signal.aborted) throw error;
      await sleep(pause);
    }
  }
}

function successResult(achieved: AttemptAchievement, elapsedMs: number): ExecutionResult {
  return {
    status: 'SUCCESS',
    exit_code: 0,
    error_code: null,
    error_message: null,
    records_processed: achieved.records_processed,
    records_failed: achieved.records_failed,
    duration_seconds: elapsedMs / 1000,
    metrics: achieved.metrics,
    outputs: achieved.outputs,
  };
}

function outcomeOf(
  context: ExecutorContext,
  execution: ExecutionRecord,
  result: TransitionResult | undefined,
): DeliveryOutcome {
  if (result?.ok === true) return { kind: 'recorded', status: result.status, execution };
  return {
    kind: 'refused',
    refusal: result === undefined ? String(context.signal.reason) : result.refusal,
    execution,
  };
}

const SHUTDOWN_FAILURE: Failure = {
  error_code: 'EXEC_012_EXECUTOR_LOST',
  error_message: 'the executor was shut down before the body ended',
  status: 'FAILED',
  lost: true,
};

function timeoutFailure(definition: JobDefinition, forced: boolean): Failure {
  const how = forced ? 'was killed' : 'stopped when asked';
  return {
    error_code: 'EXEC_011_TIMEOUT',
    error_message: `the body ran longer than timeout_seconds (${String(definition.timeout_seconds)}) and ${how}`,
    status: 'TIMEOUT',
    lost: false,
  };
}

function missingDefinition(record: ExecutionRecord): Failure {
  return {
    error_code: 'EXEC_010_DEFINITION_MISSING',
    error_message: `revision ${String(record.job_revision)} of job ${record.job_id} is not registered`,
    status: 'FAILED',
    lost: false,
  };
}
