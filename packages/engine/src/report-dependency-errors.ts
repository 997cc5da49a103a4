import {
  deriveId,
  findErrorCode,
  type DependencyError,
  type DependencyErrorType,
  type ExecutionRecord,
  type GraphIssue,
} from '@phi/core';

import type { Services } from './services.js';

/** Executions looked at in one round. */
const ROUND = 100;

const TYPES: Readonly<Record<string, DependencyErrorType>> = {
  DEP_001_MISSING_UPSTREAM: 'MISSING_UPSTREAM',
  DEP_002_CYCLE_DETECTED: 'CYCLE_DETECTED',
  DEP_003_TIMEOUT: 'TIMEOUT',
  DEP_006_WINDOW_MISSED: 'TIMEOUT',
};

/**
 * Enters in `phi_dependency_errors` what has kept executions from running: an upstream that is not registered, a wait that has run out
 * (specification: Dependency Resolution Errors). Any number of schedulers may do it at once: the same error is the same entry.
 *
 * @returns how many executions were reported
 */
export async function reportDependencyErrors(services: Services): Promise<number> {
  let reported = 0;
  for (;;) {
    const ids = await services.executions.unreported('dependency_errors', ROUND);
    if (ids.length === 0) return reported;
    const records = new Map(
      (await services.executions.getMany(ids)).map((record) => [record.execution_id, record]),
    );
    for (const id of ids) {
      for (const error of errorsOf(records.get(id))) await report(services, error, id);
      await services.executions.reported('dependency_errors', id);
      reported += 1;
    }
  }
}

/** One for each dependency that the history names. */
function errorsOf(record: ExecutionRecord | undefined): DependencyError[] {
  const { job_id = '', reason = '', history = [], execution_id = '' } = record ?? {};
  const error_type = TYPES[reason];
  if (error_type === undefined) return [];
  const ids = (history.at(-1)?.detail ?? '').split(', ').filter((id) => id !== '');
  return (ids.length > 0 ? ids : [job_id]).map((dependency_id) =>
    dependencyError({ job_id, dependency_id, error_type, error_code: reason, cycle_path: [], execution_id }),
  );
}

/** Reports the cycles for which a registration was refused. */
export async function reportCycles(services: Services, issues: readonly GraphIssue[]): Promise<void> {
  for (const { kind, job_id, value } of issues) {
    if (kind !== 'CYCLE' || typeof value === 'string') continue;
    const error = dependencyError({
      job_id,
      dependency_id: job_id,
      error_type: 'CYCLE_DETECTED',
      error_code: 'DEP_002_CYCLE_DETECTED',
      cycle_path: [...value],
    });
    await report(services, error, value.join(' '));
  }
}

function dependencyError(error: Omit<DependencyError, 'resolution_hint'>): DependencyError {
  return { ...error, resolution_hint: findErrorCode(error.error_code)?.what_to_do ?? '' };
}

/** @param cause - what tells this occurrence from others of the same error */
async function report(services: Services, error: DependencyError, cause: string): Promise<void> {
  const { job_id, dependency_id, error_code } = error;
  const id = deriveId('dependency-error', job_id, dependency_id, error_code, cause);
  await services.errors.report('phi_dependency_errors', { id, error_code, error });
}
