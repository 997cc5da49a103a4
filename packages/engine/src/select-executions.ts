import { attemptId, type ExecutionRecord, type ExecutionStatus, type Page } from '@phi/core';

import type { Services } from './services.js';

/** Which executions an operation is for; what is left out does not matter. Times in epoch milliseconds. */
export interface ExecutionSelection {
  readonly statuses: readonly ExecutionStatus[];
  readonly job_id?: string | undefined;
  readonly run_id?: string | undefined;
  /** Of an attempt that waits for its delay: that of the one before. */
  readonly error_code?: string | undefined;
  /** Of a kind of failure that there are, or were, dead letters of. */
  readonly fingerprint?: string | undefined;
  /** One of the job's tags. */
  readonly tag?: string | undefined;
  readonly created_from?: number | undefined;
  readonly created_to?: number | undefined;
  /** At most so many. */
  readonly limit: number;
  /** From the answer before. */
  readonly cursor?: string | undefined;
}

/** Executions read in one call. */
const READ_AT_ONCE = 200;
/** Executions looked at for one answer; the next goes on from there. */
const LOOKED_AT_MOST = 2000;

/**
 * Finds executions, the newest first. An answer may have fewer than asked for, and a cursor all the same: it looks at so many and no more.
 *
 * @param accepts - what else is asked of them
 */
export async function selectExecutions(
  services: Services,
  selection: ExecutionSelection,
  accepts: (record: ExecutionRecord) => boolean,
): Promise<Page<ExecutionRecord>> {
  const items: ExecutionRecord[] = [];
  let { cursor } = selection;
  for (let lookedAt = 0; lookedAt < LOOKED_AT_MOST; lookedAt += READ_AT_ONCE) {
    const page = await read(services, selection, cursor);
    for (const record of page.items) {
      if (record.created_time < (selection.created_from ?? -Infinity)) return { items };
      if (accepts(record) && (await belongs(services, record, selection))) items.push(record);
      if (items.length === selection.limit) return { items, next_cursor: cursorAt(record) };
    }
    cursor = page.next_cursor;
    if (cursor === undefined) return { items };
  }
  return { items, ...(cursor === undefined ? {} : { next_cursor: cursor }) };
}

/** Executions are listed by creation. */
export function cursorAt({ created_time, execution_id }: ExecutionRecord): string {
  return `${String(created_time)}~${execution_id}`;
}

function read(
  services: Services,
  { run_id, job_id, statuses }: ExecutionSelection,
  cursor: string | undefined,
): Promise<Page<ExecutionRecord>> {
  if (run_id !== undefined) return readRun(services, run_id, cursor);
  return services.executions.list({
    status: statuses,
    limit: READ_AT_ONCE,
    ...(job_id === undefined ? {} : { job_id }),
    ...(cursor === undefined ? {} : { cursor }),
  });
}

async function readRun(
  services: Services,
  runId: string,
  cursor: string | undefined,
): Promise<Page<ExecutionRecord>> {
  const ids = (await services.runs.executions(runId)).toReversed();
  const last = cursor?.slice(cursor.indexOf('~') + 1);
  const found = last === undefined ? -1 : ids.indexOf(last);
  // From the start again, whoever follows the cursors would never come to an end.
  if (last !== undefined && found === -1) return { items: [] };
  const from = found + 1;
  const some = ids.slice(from, from + READ_AT_ONCE);
  const items = await services.executions.getMany(some);
  const reached = items.at(-1);
  const more = from + READ_AT_ONCE < ids.length && reached !== undefined;
  return { items, ...(more ? { next_cursor: cursorAt(reached) } : {}) };
}

async function belongs(
  services: Services,
  record: ExecutionRecord,
  selection: ExecutionSelection,
): Promise<boolean> {
  const { statuses, job_id, error_code, fingerprint, tag, created_to = Infinity } = selection;
  if (!statuses.includes(record.status)) return false;
  if (job_id !== undefined && record.job_id !== job_id) return false;
  if (record.created_time >= created_to) return false;
  if (fingerprint !== undefined && record.fingerprint !== fingerprint) return false;
  if (error_code !== undefined && (await codeOf(services, record)) !== error_code) return false;
  if (tag === undefined) return true;
  const definition = await services.catalog.definition(record.job_id, record.job_revision);
  return definition?.tags.includes(tag) ?? false;
}

async function codeOf(services: Services, record: ExecutionRecord): Promise<string | undefined> {
  const { parent_execution_id: first, attempt_number, reason } = record;
  if (reason !== undefined || first === undefined) return reason;
  const before = attemptId(services.namespace, first, attempt_number - 1);
  return (await services.executions.get(before))?.reason;
}
