import { requestedExecutionId } from '@phi/core';

import { checkParameters } from './check-parameters.js';
import type { Services } from './services.js';
import { startRun, type StartRefusal } from './start-run.js';

/** A manual trigger (specification: Manual Triggers). */
export interface TriggerRequest {
  readonly job_id: string;
  /** Overrides of the job's parameters, merged over them at the first level. */
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
  /** The same key of the same job names the same execution, for good. */
  readonly idempotency_key?: string | undefined;
  /** Makes the outcome known to jobs outside the run. */
  readonly propagate?: boolean | undefined;
  readonly ignore_dependencies?: boolean | undefined;
  /** Who asks, for the history. */
  readonly actor: string;
}

export type TriggerResult =
  | {
      readonly ok: true;
      readonly execution_id: string;
      readonly run_id: string;
      readonly created: boolean;
      readonly status: string;
    }
  | StartRefusal;

/**
 * Starts a run of a job by hand. Repeated with the same idempotency key it answers with the first execution.
 */
export async function triggerJob(services: Services, request: TriggerRequest): Promise<TriggerResult> {
  const key = request.idempotency_key ?? services.ids.next();
  const execution_id = requestedExecutionId(services.namespace, request.job_id, key);
  const overrides = request.parameters ?? {};
  const result = await startRun(services, request.job_id, (job) => {
    if (!job.definition.enabled) return { ok: false, refusal: 'JOB_DISABLED' };
    const problems = checkParameters(job.definition, overrides);
    if (problems.length > 0) return { ok: false, refusal: 'INVALID_PARAMETERS', problems };
    return {
      execution_id,
      job_id: request.job_id,
      trigger_type: 'MANUAL',
      trigger_id: key,
      manual: true,
      propagate: request.propagate ?? false,
      ignore_dependencies: request.ignore_dependencies ?? false,
      actor: request.actor,
      ...(Object.keys(overrides).length === 0 ? {} : { parameters: JSON.stringify(overrides) }),
    };
  });
  return result.ok
    ? { ok: true, execution_id, run_id: execution_id, created: result.created, status: result.status }
    : result;
}
