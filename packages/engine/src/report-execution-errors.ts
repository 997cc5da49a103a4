import {
  type ExecutionError,
  type ExecutionRecord,
  type ExecutionResult,
  type FailureDetail,
} from '@phi/core';

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
  await services.errors.report('phi_execution_errors', entry);
  // One that was retried or purged by now is none any more.
  if (await services.deadLetters.has(record.execution_id))
    await services.errors.report('phi_dead_letter', entry);
}

/** A failed attempt as the specification's ExecutionError. */
export async function executionErrorOf(services: Services, record: ExecutionRecord): Promise<ExecutionError> {
  const result = record.result === undefined ? undefined : (JSON.parse(record.result) as ExecutionResult);
  const detail = record.failure === undefined ? undefined : (JSON.parse(record.failure) as FailureDetail);
  // One that cannot be read is left out, and keeps nothing from being reported.
  const [retry] = await services.executions.getMany(
    record.retried_by === undefined ? [] : [record.retried_by],
  );
  return {
    execution_id: record.execution_id,
    job_id: record.job_id,
    error_category: detail?.error_category ?? 'PERMANENT',
    error_code: result?.error_code ?? record.reason ?? '',
    error_message: result?.error_message ?? '',
    attempt_number: record.attempt_number,
    will_retry: record.retried_by !== undefined,
    next_retry_time: retry?.not_before === undefined ? null : new Date(retry.not_before).toISOString(),
    stack_trace: detail?.stack_trace ?? null,
    context: { run_id: record.run_id, ...detail?.context },
  };
}
