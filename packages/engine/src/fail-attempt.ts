import {
  CRASHES_TO_QUARANTINE,
  deadLetterRouting,
  decideRetry,
  errorFingerprint,
  policyForError,
  retryableErrorClassification,
  retryExecutionId,
  type ExecutionRecord,
  type ExecutionResult,
  type JobDefinition,
  type DeadLetter,
  type DeadLetterOrder,
  type ErrorCategory,
  type FailureDetail,
  type RetryDecision,
  type RetryOrder,
  type RetryQuestion,
} from '@phi/core';

import type { Services } from './services.js';

export interface Failure {
  readonly error_code: string;
  readonly error_message: string;
  readonly exit_code?: number;
  readonly stack_trace?: string;
  /** What else is known. */
  readonly context?: Readonly<Record<string, string>>;
  readonly status: 'FAILED' | 'TIMEOUT';
  /** See {@link RetryQuestion}. */
  readonly how: RetryQuestion['how'];
}

/** What a failed attempt's transition carries: its result, and the attempt that follows it if one does. */
export interface FailureOrder {
  readonly result: string;
  readonly reason: string;
  readonly detail: string;
  readonly failure: string;
  readonly retry?: RetryOrder;
  readonly dead_letter?: DeadLetterOrder;
}

/**
 * Works out what follows a failure (Rules 8 to 11): the classification of its code, the policy for it, the delay.
 *
 * @param now - Redis' time, epoch milliseconds
 */
export function orderFailure(
  services: Services,
  record: ExecutionRecord,
  definition: JobDefinition,
  failure: Failure,
  now: number,
): FailureOrder {
  const { category, decision } = decide(services, record, definition, failure);
  const what = failure.how === 'CRASHED' ? `${failure.error_code}, ${crashesOf(record)}` : failure.error_code;
  if (!decision.will_retry) {
    const told = decision.reason === 'QUARANTINED' ? quarantined(failure) : { failure, category };
    return {
      ...describe(record, told.failure, told.category, now),
      detail: `${what}, ${decision.reason}`,
      ...deadLetterOf(services, record, definition.dead_letter, told.failure),
    };
  }
  const chain = record.parent_execution_id ?? record.execution_id;
  const execution_id = retryExecutionId(services.namespace, chain, record.attempt_number + 1);
  return {
    ...describe(record, failure, category, now),
    detail: `${what}, retried`,
    retry: {
      execution_id,
      not_before: now + decision.delayMs,
      lost_attempts: decision.lost_attempts,
      ...(decision.handed_over > 0 ? { handed_over: decision.handed_over } : {}),
      ...(decision.crashes > 0 ? { crashes: decision.crashes } : {}),
      ...(failure.how === 'LOST' || failure.how === 'HANDED_OVER' ? { goes_on: true } : {}),
    },
  };
}

/**
 * What a failure carries that no attempt may follow, whatever the policy says.
 *
 * @param definition - undefined where it is not kept any more: it is a dead letter as one of a job without settings of its own (Rule 15)
 * @param now - Redis' time, epoch milliseconds
 */
export function orderEnd(
  services: Services,
  record: Pick<ExecutionRecord, 'job_id' | 'started_time'>,
  definition: JobDefinition | undefined,
  failure: Failure,
  now: number,
): FailureOrder {
  const retention_hours = services.config.DEAD_LETTER_RETENTION_DAYS * 24;
  const settings = definition?.dead_letter ?? { dead_letter_enabled: true, retention_hours };
  return {
    ...describe(record, failure, 'PERMANENT', now),
    detail: failure.error_message,
    ...deadLetterOf(services, record, settings, failure),
  };
}

function describe(
  record: Pick<ExecutionRecord, 'started_time'>,
  failure: Failure,
  category: ErrorCategory,
  now: number,
): Pick<FailureOrder, 'result' | 'reason' | 'failure'> {
  return {
    result: JSON.stringify(failureResult(record, failure, now)),
    reason: failure.error_code,
    failure: JSON.stringify(failureDetail(failure, category)),
  };
}

/** The code of what is not tried again because its bodies crash (docs/adr/0036-quarantine.md). */
export const QUARANTINED = 'EXEC_035_QUARANTINED';

/** The last crash of a chain, as what ends it. */
function quarantined(last: Failure): { readonly failure: Failure; readonly category: ErrorCategory } {
  const failure = {
    ...last,
    error_code: QUARANTINED,
    error_message: `${String(CRASHES_TO_QUARANTINE)} crashes without a word; the last: ${last.error_message}`,
    context: { ...last.context, last_error_code: last.error_code },
  };
  return { failure, category: 'PERMANENT' };
}

function crashesOf({ crashes = 0 }: ExecutionRecord): string {
  return `crash ${String(crashes + 1)} of ${String(CRASHES_TO_QUARANTINE)}`;
}

/** Of an execution whose revision of its job's definition is gone. */
export function missingDefinition({ job_id, job_revision }: ExecutionRecord): Failure {
  return {
    error_code: 'EXEC_010_DEFINITION_MISSING',
    error_message: `revision ${String(job_revision)} of job ${job_id} is not registered`,
    status: 'FAILED',
    how: 'FAILED',
  };
}

function decide(
  services: Services,
  record: ExecutionRecord,
  definition: JobDefinition,
  failure: Failure,
): { readonly category: ErrorCategory; readonly decision: RetryDecision } {
  const policy = policyForError(definition.retry_policy, failure.error_code);
  const { category, retryable } = retryableErrorClassification(failure.error_code, {
    retryable_errors: policy.retryable_errors,
    non_retryable_errors: policy.non_retryable_errors,
    transient_codes: services.config.TRANSIENT_ERROR_CODES,
    permanent_codes: services.config.PERMANENT_ERROR_CODES,
    default_category: services.config.DEFAULT_ERROR_CATEGORY,
  });
  const decision = decideRetry({
    policy,
    attempt_number: record.attempt_number,
    lost_attempts: record.lost_attempts,
    handed_over: record.handed_over ?? 0,
    crashes: record.crashes ?? 0,
    how: failure.how,
    retryable,
    random: services.random.next(),
  });
  return { category, decision };
}

function deadLetterOf(
  services: Services,
  { job_id }: Pick<ExecutionRecord, 'job_id'>,
  settings: DeadLetter,
  { error_code, error_message }: Failure,
): Pick<FailureOrder, 'dead_letter'> {
  const routing = deadLetterRouting(settings);
  if (routing.verdict === 'DISCARD') return {};
  const fingerprint = errorFingerprint({ job_id, error_code, error_message });
  const capacity = services.config.ERROR_QUEUE_CAPACITY;
  return { dead_letter: { fingerprint, kept_ms: routing.kept_ms, capacity } };
}

/** Characters kept of a stack trace, of a message, and of one value of the context. */
const STACK_LENGTH = 4096;
const MESSAGE_LENGTH = 8192;
const VALUE_LENGTH = 1024;
/** Values kept of the context. */
const VALUES_AT_MOST = 20;

function bounded(context: Readonly<Record<string, string>>): Record<string, string> {
  const kept = Object.entries(context).slice(0, VALUES_AT_MOST);
  return Object.fromEntries(kept.map(([name, value]) => [name, value.slice(0, VALUE_LENGTH)]));
}

function failureDetail({ stack_trace, context }: Failure, error_category: ErrorCategory): FailureDetail {
  return {
    error_category,
    ...(stack_trace === undefined ? {} : { stack_trace: stack_trace.slice(0, STACK_LENGTH) }),
    ...(context === undefined || Object.keys(context).length === 0 ? {} : { context: bounded(context) }),
  };
}

function failureResult(
  record: Pick<ExecutionRecord, 'started_time'>,
  failure: Failure,
  now: number,
): ExecutionResult {
  return {
    status: failure.status,
    exit_code: failure.exit_code ?? null,
    error_code: failure.error_code,
    error_message: failure.error_message.slice(0, MESSAGE_LENGTH),
    records_processed: 0,
    records_failed: 0,
    duration_seconds: secondsSince(record.started_time, now),
    metrics: {},
    outputs: {},
  };
}

/** @param since - epoch milliseconds; @returns 0 where it is unset */
function secondsSince(since: number | undefined, now: number): number {
  return since === undefined ? 0 : Math.max(0, now - since) / 1000;
}
