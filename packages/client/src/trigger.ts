import { randomUUID } from 'node:crypto';

import type { ExecutionStatus, ManualMessage } from '@phi/core';

/** What a trigger may say beside its job (specification: Manual Triggers). */
export interface TriggerOptions {
  /** Overrides of the job's parameters, merged over them at the first level. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  /**
   * The same key of the same job names the same execution, for good: give one that follows from your own cause, so that your
   * repeated attempt starts nothing twice. 1 to 255 visible ASCII characters. Default: a new one.
   */
  readonly idempotencyKey?: string;
  /** Makes the outcome known to jobs outside the run. Default: false. */
  readonly propagate?: boolean;
  /** Starts the job whatever its dependencies say. Default: false. */
  readonly ignoreDependencies?: boolean;
}

export interface TriggerAnswer {
  readonly execution_id: string;
  /** The run that it started. */
  readonly run_id: string;
  readonly status: ExecutionStatus;
  /** False when the key named this execution already. */
  readonly created: boolean;
}

interface Keyed {
  readonly idempotency_key: string;
}

/** A manual trigger as it is sent, by HTTP or by queue: always under a key, so that it can be sent again. */
export function manualMessage(jobId: string, options: TriggerOptions): ManualMessage & Keyed {
  const { parameters, idempotencyKey = randomUUID(), propagate, ignoreDependencies } = options;
  return {
    job_id: jobId,
    idempotency_key: idempotencyKey,
    ...(parameters === undefined ? {} : { parameters: parameters as ManualMessage['parameters'] }),
    ...(propagate === undefined ? {} : { propagate }),
    ...(ignoreDependencies === undefined ? {} : { ignore_dependencies: ignoreDependencies }),
  };
}
