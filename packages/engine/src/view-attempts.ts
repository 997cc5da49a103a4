import type { ExecutionRecord, ExecutionResult, FailureDetail } from '@phi/core';

import { isoTimeOrNull as iso } from './iso-time.js';
import { readJson } from './read-json.js';
import type { Services } from './services.js';

/** One attempt of a chain. Times in ISO 8601. */
export interface AttemptView {
  readonly execution_id: string;
  readonly attempt_number: number;
  readonly status: string;
  /** Of a failure: what it was classified as, and whether another attempt follows it. */
  readonly error_category: string | null;
  readonly error_code: string | null;
  readonly error_message: string | null;
  readonly will_retry: boolean;
  /** From the end of the attempt before until it could be queued. */
  readonly delay_seconds: number | null;
  readonly not_before: string | null;
  readonly started_time: string | null;
  readonly completed_time: string | null;
  readonly executor_id: string | null;
}

export interface AttemptsView {
  readonly run_id: string;
  readonly job_id: string;
  /** In order. */
  readonly items: readonly AttemptView[];
  /** When the next attempt may be queued, where one waits for that. */
  readonly next_retry_time: string | null;
  /** The execution that the job was run again by, in a later pass of the run. */
  readonly rerun_by: string | null;
}

/** The attempts of a chain (Rules 8 to 11), by any of them; undefined where there is no such execution. */
export async function viewAttempts(
  services: Services,
  executionId: string,
): Promise<AttemptsView | undefined> {
  const asked = await services.executions.get(executionId);
  if (asked === undefined) return undefined;
  const chain = await attemptsOf(services, asked);
  const last = chain.at(-1) ?? asked;
  const waits = last.status === 'PENDING' && last.attempt_number > 1;
  return {
    run_id: asked.run_id,
    job_id: asked.job_id,
    items: chain.map((record, at) => viewAttempt(record, chain[at - 1])),
    next_retry_time: waits ? iso(last.not_before) : null,
    rerun_by: last.rerun_by ?? null,
  };
}

/** Those that are still kept. */
async function attemptsOf(services: Services, asked: ExecutionRecord): Promise<readonly ExecutionRecord[]> {
  const found: ExecutionRecord[] = [];
  let next: string | undefined = asked.parent_execution_id ?? asked.execution_id;
  while (next !== undefined) {
    const record: ExecutionRecord | undefined = await services.executions.get(next);
    if (record !== undefined) found.push(record);
    next = record?.retried_by;
  }
  return found.some(({ execution_id }) => execution_id === asked.execution_id) ? found : [asked];
}

function viewAttempt(record: ExecutionRecord, before: ExecutionRecord | undefined): AttemptView {
  const result = readJson<ExecutionResult>(record.result);
  const { not_before } = record;
  const since = before?.completed_time;
  return {
    execution_id: record.execution_id,
    attempt_number: record.attempt_number,
    status: record.status,
    error_category: readJson<FailureDetail>(record.failure).error_category ?? null,
    error_code: result.error_code ?? record.reason ?? null,
    error_message: result.error_message ?? null,
    will_retry: record.retried_by !== undefined,
    delay_seconds: since === undefined || not_before === undefined ? null : (not_before - since) / 1000,
    not_before: iso(not_before),
    started_time: iso(record.started_time),
    completed_time: iso(record.completed_time),
    executor_id: record.executor_id ?? null,
  };
}
