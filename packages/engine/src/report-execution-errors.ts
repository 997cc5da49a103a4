import type { ErrorReport, ExecutionError, ExecutionRecord, ExecutionResult, FailureDetail } from '@phi/core';

import { readJson } from './read-json.js';
import type { Services } from './services.js';

/** Executions looked at in one round. */
const ROUND = 100;

/**
 * Enters failed attempts in `phi_execution_errors`, and those that became dead letters in `phi_dead_letter` as well (specification: Execution
 * Errors, Error Queue Management). Any number of processes may do it at once: the same error is the same entry.
 *
 * @returns how many attempts were reported
 */
export async function reportExecutionErrors(services: Services): Promise<number> {
  for (let reported = 0; ;) {
    const ids = await services.executions.unreported('execution_errors', ROUND);
    if (ids.length === 0) return reported;
    const records = new Map(
      (await services.executions.getMany(ids)).map((record) => [record.execution_id, record]),
    );
    for (const id of ids) {
      const record = records.get(id);
      if (record !== undefined) await report(services, record);
      await services.executions.reported('execution_errors', id);
      reported += 1;
    }
  }
}

async function report(services: Services, record: ExecutionRecord): Promise<void> {
  const error = await executionErrorOf(services, record);
  const entry = { id: record.execution_id, error_code: error.error_code, error };
  if (record.retried_by === undefined && record.fingerprint === undefined) tell(services, error);
  await services.errors.report('phi_execution_errors', entry);
  await reportDeadLetter(services, entry);
}

/** A job without dead letters fails for good as well (specification: Permanent Errors, Alert operators). */
function tell(services: Services, error: ExecutionError): void {
  services.alerts.raise({
    kind: 'EXECUTION_ERROR',
    severity: 'critical',
    subject: error.execution_id,
    error_code: error.error_code,
    message: 'an execution has failed for good, and its job keeps no dead letters',
    context: error,
  });
}

/** One that was retried or purged by now is none any more; of what becomes none meanwhile another process may have seen to already. */
async function reportDeadLetter(services: Services, entry: ErrorReport): Promise<void> {
  if (!(await services.deadLetters.has(entry.id))) return;
  await services.errors.report('phi_dead_letter', entry);
  if (!(await services.deadLetters.has(entry.id)))
    await services.errors.withdraw('phi_dead_letter', [entry.id]);
}

/**
 * Takes out of `phi_dead_letter` what is no dead letter any more: retried, purged, or dropped because there were too many. Any number of
 * processes may do it at once.
 *
 * @returns how many were withdrawn
 */
export async function withdrawDeadLetters(services: Services): Promise<number> {
  for (let withdrawn = 0; ;) {
    const ids = await services.executions.unreported('withdrawn_dead_letters', ROUND);
    if (ids.length === 0) return withdrawn;
    await services.errors.withdraw('phi_dead_letter', ids);
    for (const id of ids) await services.executions.reported('withdrawn_dead_letters', id);
    withdrawn += ids.length;
  }
}

/** A failed attempt as the specification's ExecutionError. */
export async function executionErrorOf(services: Services, record: ExecutionRecord): Promise<ExecutionError> {
  const result = readJson<ExecutionResult>(record.result);
  const detail = readJson<FailureDetail>(record.failure);
  // One that cannot be read is left out, and keeps nothing from being reported.
  const [retry] = await services.executions.getMany(
    record.retried_by === undefined ? [] : [record.retried_by],
  );
  return {
    execution_id: record.execution_id,
    job_id: record.job_id,
    error_category: detail.error_category ?? 'PERMANENT',
    error_code: result.error_code ?? record.reason ?? '',
    error_message: result.error_message ?? '',
    attempt_number: record.attempt_number,
    will_retry: record.retried_by !== undefined,
    next_retry_time: retry?.not_before === undefined ? null : new Date(retry.not_before).toISOString(),
    stack_trace: detail.stack_trace ?? null,
    context: { run_id: record.run_id, ...detail.context },
  };
}
