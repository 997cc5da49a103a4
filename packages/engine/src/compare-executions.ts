import { attemptId, type ExecutionRecord, type ExecutionResult } from '@phi/core';

import { mergeParameters } from './check-parameters.js';
import { fieldChanges, type FieldChange } from './field-changes.js';
import { readJson } from './read-json.js';
import { selectExecutions } from './select-executions.js';
import type { Services } from './services.js';

/** What differs between two executions of a job: `before` is the one that is compared with. */
export interface ExecutionComparison {
  readonly execution_id: string;
  readonly with_execution_id: string;
  /** ASKED: it was named. Otherwise the attempt before or, of a first attempt, the last execution of the job that completed. */
  readonly chosen: 'ASKED' | 'ATTEMPT_BEFORE' | 'LAST_COMPLETED';
  readonly definition: {
    readonly before: number;
    readonly after: number;
    readonly changes: readonly FieldChange[];
  };
  readonly parameters: readonly FieldChange[];
  /** By dependency: which execution decided it, and how. */
  readonly upstreams: readonly FieldChange[];
  /** Status, times, records, error and where it ran. */
  readonly outcome: readonly FieldChange[];
}

export type CompareResult =
  | { readonly ok: true; readonly comparison: ExecutionComparison }
  | { readonly ok: false; readonly refusal: 'UNKNOWN_EXECUTION'; readonly execution_id: string }
  /** OTHER_JOB: only executions of one job are compared. NOTHING_BEFORE: no attempt came before it, and none of the job has completed. */
  | { readonly ok: false; readonly refusal: 'OTHER_JOB' | 'NOTHING_BEFORE' };

/** Compares an execution with another of its job. @param withId - left out: see {@link ExecutionComparison.chosen} */
export async function compareExecutions(
  services: Services,
  executionId: string,
  withId?: string,
): Promise<CompareResult> {
  const after = await services.executions.get(executionId);
  if (after === undefined) return { ok: false, refusal: 'UNKNOWN_EXECUTION', execution_id: executionId };
  const chosen = await choose(services, after, withId);
  if (chosen === undefined)
    return withId === undefined
      ? { ok: false, refusal: 'NOTHING_BEFORE' }
      : { ok: false, refusal: 'UNKNOWN_EXECUTION', execution_id: withId };
  if (chosen.record.job_id !== after.job_id) return { ok: false, refusal: 'OTHER_JOB' };
  return { ok: true, comparison: await compare(services, after, chosen) };
}

interface Chosen {
  readonly record: ExecutionRecord;
  readonly chosen: ExecutionComparison['chosen'];
}

async function choose(
  services: Services,
  after: ExecutionRecord,
  withId: string | undefined,
): Promise<Chosen | undefined> {
  const found = async (id: string, chosen: Chosen['chosen']): Promise<Chosen | undefined> => {
    const record = await services.executions.get(id);
    return record === undefined ? undefined : { record, chosen };
  };
  if (withId !== undefined) return found(withId, 'ASKED');
  const { parent_execution_id: first, attempt_number } = after;
  if (first !== undefined)
    return found(attemptId(services.namespace, first, attempt_number - 1), 'ATTEMPT_BEFORE');
  const selection = { statuses: ['COMPLETED'], job_id: after.job_id, limit: 1 } as const;
  const { items } = await selectExecutions(
    services,
    selection,
    ({ execution_id }) => execution_id !== after.execution_id,
  );
  return items[0] === undefined ? undefined : { record: items[0], chosen: 'LAST_COMPLETED' };
}

async function compare(
  services: Services,
  after: ExecutionRecord,
  { record: before, chosen }: Chosen,
): Promise<ExecutionComparison> {
  const [was, is] = await Promise.all([before, after].map((record) => read(services, record)));
  return {
    execution_id: after.execution_id,
    with_execution_id: before.execution_id,
    chosen,
    definition: {
      before: before.job_revision,
      after: after.job_revision,
      changes: fieldChanges(was?.definition, is?.definition),
    },
    parameters: fieldChanges(was?.parameters, is?.parameters),
    upstreams: fieldChanges(was?.upstreams, is?.upstreams),
    outcome: fieldChanges(was?.outcome, is?.outcome),
  };
}

async function read(services: Services, record: ExecutionRecord) {
  const [definition, edges] = await Promise.all([
    services.catalog.definition(record.job_id, record.job_revision),
    services.executions.decidedEdges(record.parent_execution_id ?? record.execution_id),
  ]);
  return {
    definition,
    parameters:
      definition === undefined ? readJson(record.parameters) : mergeParameters(definition, record.parameters),
    upstreams: Object.fromEntries(
      edges.map(({ dependency_id, execution_id, verdict }) => [dependency_id, { execution_id, verdict }]),
    ),
    outcome: outcomeOf(record),
  };
}

function outcomeOf(record: ExecutionRecord): object {
  const { duration_seconds, records_processed, records_failed, error_code, error_message } =
    readJson<ExecutionResult>(record.result);
  const { status, executor_id, queued_time, started_time } = record;
  const waited =
    queued_time === undefined || started_time === undefined ? undefined : (started_time - queued_time) / 1000;
  return {
    status,
    executor_id,
    waited_seconds: waited,
    duration_seconds,
    records_processed,
    records_failed,
    error_code: error_code ?? record.reason ?? null,
    error_message,
  };
}
