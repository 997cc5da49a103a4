import {
  findErrorCode,
  type Execution,
  type ExecutionRecord,
  type JsonObject,
  type ExecutionResult,
  type ExecutionStatus,
  type HistoryEntry,
  type JobDefinition,
  type RunRecord,
  type TimeoutError,
} from '@phi/core';

import { mergeParameters } from './check-parameters.js';
import { isoTime, isoTimeOrNull } from './iso-time.js';
import type { Services } from './services.js';
import { viewHold } from './view-hold.js';
import { viewVitals, type VitalsView } from './view-vitals.js';

/** An execution as the specification has it, from its record. */
export async function viewExecution(services: Services, record: ExecutionRecord): Promise<Execution> {
  const definition = await services.catalog.definition(record.job_id, record.job_revision);
  const [hold, vitals] = await Promise.all([viewHold(services, record), viewVitals(services, record)]);
  return { ...viewRecord(services.namespace, record, definition), ...vitals, hold };
}

function viewRecord(
  namespace: string,
  record: ExecutionRecord,
  definition: JobDefinition | undefined,
): Omit<Execution, 'hold' | keyof VitalsView> {
  const overrides = record.parameters === undefined ? {} : (JSON.parse(record.parameters) as JsonObject);
  return {
    execution_id: record.execution_id,
    job_id: record.job_id,
    status: record.status,
    trigger_type: record.trigger_type,
    trigger_id: record.trigger_id,
    parameters: definition === undefined ? overrides : mergeParameters(definition, record.parameters),
    scheduled_time: isoTime(record.scheduled_time),
    queued_time: isoTimeOrNull(record.queued_time),
    started_time: isoTimeOrNull(record.started_time),
    completed_time: isoTimeOrNull(record.completed_time),
    attempt_number: record.attempt_number,
    parent_execution_id: record.parent_execution_id ?? null,
    checkpoint_state: null,
    result: viewResult(record),
    namespace,
    run_id: record.run_id,
    job_revision: record.job_revision,
    revision: record.revision,
    not_before: isoTimeOrNull(record.not_before),
    retried_by: record.retried_by ?? null,
    timeout_error:
      record.timeout_error === undefined ? null : (JSON.parse(record.timeout_error) as TimeoutError),
  };
}

/** What ended without a body has no result of its own: its reason is one. */
function viewResult(record: ExecutionRecord): ExecutionResult | null {
  if (record.result !== undefined) return JSON.parse(record.result) as ExecutionResult;
  if (record.reason === undefined) return null;
  return {
    status: RESULT_STATUS[record.status] ?? 'FAILED',
    exit_code: null,
    error_code: record.reason,
    error_message: findErrorCode(record.reason)?.message ?? null,
    records_processed: 0,
    records_failed: 0,
    duration_seconds: 0,
    metrics: {},
    outputs: {},
  };
}

const RESULT_STATUS: Partial<Record<ExecutionStatus, ExecutionResult['status']>> = {
  CANCELLED: 'CANCELLED',
  TIMEOUT: 'TIMEOUT',
};

/** One line of an execution's history, for people and programs outside. */
export interface HistoryView {
  readonly time: string;
  readonly event: string;
  readonly actor: string | null;
  readonly detail: string | null;
}

export function viewHistory(history: readonly HistoryEntry[]): HistoryView[] {
  return history.map((entry) => ({
    time: isoTime(entry.time),
    event: entry.event,
    actor: entry.actor ?? null,
    detail: entry.detail ?? null,
  }));
}

export interface RunView {
  readonly run_id: string;
  readonly job_id: string;
  readonly trigger_type: string;
  readonly status: string;
  readonly created_time: string;
  readonly finished_time: string | null;
}

export function viewRun(run: RunRecord): RunView {
  return {
    run_id: run.run_id,
    job_id: run.job_id,
    trigger_type: run.trigger_type,
    status: run.status,
    created_time: isoTime(run.created_time),
    finished_time: isoTimeOrNull(run.finished_time),
  };
}

export function viewExecutions(
  services: Services,
  records: readonly ExecutionRecord[],
): Promise<Execution[]> {
  return Promise.all(records.map((record) => viewExecution(services, record)));
}
