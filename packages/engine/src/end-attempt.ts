import type {
  Alert,
  AttemptAchievement,
  AttemptEnd,
  ExecutionRecord,
  ExecutionResult,
  JobDefinition,
  TransitionCommand,
  TransitionResult,
} from '@phi/core';

import type { StopReason } from './attempt-stop.js';
import { fenced, insist, untilAnswered, type ExecutorContext } from './executor-context.js';
import {
  missingDefinition,
  orderEnd,
  orderFailure,
  QUARANTINED,
  type Failure,
  type FailureOrder,
} from './fail-attempt.js';
import { carryOn } from './move-due.js';
import { describeTimeout } from './overrun.js';
import { runTimeoutError } from './timeout-error.js';

/** How an attempt ended and what had been asked of it. */
export interface EndedAttempt {
  readonly end: AttemptEnd;
  readonly elapsedMs: number;
  /** Set when it was stopped from outside. */
  readonly reason: StopReason | undefined;
}

/**
 * Records how an attempt ended.
 *
 * @returns undefined where its lease is lost: what follows is recovery's to decide
 */
export async function endAttempt(
  context: ExecutorContext,
  record: ExecutionRecord,
  definition: JobDefinition,
  { end, elapsedMs, reason }: EndedAttempt,
): Promise<TransitionResult | undefined> {
  // A body that was told to stop may well return what it had by then: that is no result.
  if (end.kind === 'succeeded' && reason === undefined) {
    return complete(context, record, successResult(end.achieved, elapsedMs));
  }
  if (reason === 'CANCELLED') return confirmCancel(context, record);
  if (end.kind === 'failed') {
    const how = end.crashed === true ? 'CRASHED' : 'FAILED';
    return fail(context, record, definition, { ...end, status: 'FAILED', how });
  }
  if (reason === 'TIMEOUT') return timeOut(context, record, definition, end.kind === 'stopped' && end.forced);
  if (reason === 'SHUTDOWN') return fail(context, record, definition, SHUTDOWN_FAILURE);
  if (reason === 'HANDED_OVER') return fail(context, record, definition, HANDED_OVER);
  return undefined;
}

/** Ends an execution whose definition is gone: there is no policy to retry it by. */
export async function endWithoutDefinition(
  context: ExecutorContext,
  record: ExecutionRecord,
): Promise<TransitionResult> {
  const { services } = context;
  const now = await untilAnswered(context, () => services.schedules.now());
  const order = orderEnd(services, record, undefined, missingDefinition(record), now);
  return recordFailure(context, record, { ...order, event: 'FAIL' });
}

/** COMPLETING and COMPLETED in one call, unless the fan-out needs more than one. */
async function complete(
  context: ExecutorContext,
  record: ExecutionRecord,
  achieved: ExecutionResult,
): Promise<TransitionResult> {
  const result = JSON.stringify(achieved);
  const answer = await insist(context, {
    ...fenced(context, record),
    event: 'SUCCEED',
    result,
    completes: true,
  });
  if (answer.ok && answer.status === 'COMPLETING') {
    await untilAnswered(context, () => carryOn(context.services));
  }
  return answer;
}

/** Its body is gone: that it was cancelled is true now. */
function confirmCancel(context: ExecutorContext, record: ExecutionRecord): Promise<TransitionResult> {
  return insist(context, {
    ...fenced(context, record),
    event: 'CONFIRM_CANCEL',
    reason: 'CANCEL_001_REQUESTED',
  });
}

async function fail(
  context: ExecutorContext,
  record: ExecutionRecord,
  definition: JobDefinition,
  failure: Failure,
): Promise<TransitionResult> {
  const now = await untilAnswered(context, () => context.services.schedules.now());
  const order = orderFailure(context.services, record, definition, failure, now);
  const answer = await recordFailure(context, record, { ...order, event: 'FAIL' });
  if (answer.ok && answer.status === 'FAILED' && order.reason === QUARANTINED)
    context.services.alerts.raise(quarantineAlert(record, failure));
  return answer;
}

function quarantineAlert(
  { execution_id, job_id, job_revision, run_id }: ExecutionRecord,
  last: Failure,
): Alert {
  return {
    kind: 'QUARANTINE',
    severity: 'critical',
    subject: execution_id,
    error_code: QUARANTINED,
    message: `job ${job_id} crashed again and again and is not tried any more: ${last.error_message}`,
    context: { job_id, job_revision, run_id, last_error_code: last.error_code },
  };
}

async function timeOut(
  context: ExecutorContext,
  record: ExecutionRecord,
  definition: JobDefinition,
  forced: boolean,
): Promise<TransitionResult> {
  const { services } = context;
  const now = await untilAnswered(context, () => services.schedules.now());
  const error = await untilAnswered(context, () =>
    runTimeoutError(services, record, definition, forced, now),
  );
  const failure: Failure = {
    error_code: 'EXEC_011_TIMEOUT',
    error_message: describeTimeout(definition, forced),
    status: 'TIMEOUT',
    how: 'FAILED',
  };
  const order = orderFailure(services, record, definition, failure, now);
  const timeout_error = JSON.stringify(error);
  return recordFailure(context, record, { ...order, event: 'TIME_OUT', timeout_error });
}

async function recordFailure(
  context: ExecutorContext,
  record: ExecutionRecord,
  order: FailureOrder & Pick<TransitionCommand, 'event' | 'timeout_error'>,
): Promise<TransitionResult> {
  const answer = await insist(context, { ...fenced(context, record), ...order });
  return !answer.ok && answer.refusal === 'CANCELLING' ? confirmCancel(context, record) : answer;
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

const SHUTDOWN_FAILURE: Failure = {
  error_code: 'EXEC_012_EXECUTOR_LOST',
  error_message: 'the executor was shut down before the body ended',
  status: 'FAILED',
  how: 'LOST',
};

const HANDED_OVER: Failure = {
  error_code: 'EXEC_012_EXECUTOR_LOST',
  error_message: 'the executor was shut down; another goes on waiting for the remote module',
  status: 'FAILED',
  how: 'HANDED_OVER',
};
