import type { ExecutionError, ExecutionRecord, Page } from '@phi/core';

import { executionErrorOf } from './report-execution-errors.js';
import { rerunInstead, retryKey, startedBy, type RerunInsteadResult } from './retry-execution.js';
import type { Services } from './services.js';

/** A dead letter: an execution that failed for good, and why (specification: Dead Letter Handling). */
export interface DeadLetterView extends ExecutionError {
  readonly run_id: string;
  /** Dead letters of the same kind of failure have the same. */
  readonly fingerprint: string;
  readonly failed_time: string;
}

export interface DeadLetterQuery {
  readonly fingerprint?: string | undefined;
  readonly job_id?: string | undefined;
  readonly error_code?: string | undefined;
  /** Failed at this time or later, epoch milliseconds. */
  readonly from_ms?: number | undefined;
  /** Failed before this time, epoch milliseconds. */
  readonly to_ms?: number | undefined;
  readonly limit: number;
  readonly cursor?: string;
}

/** Dead letters read in one call where many of them may not be meant. */
const READ_AT_ONCE = 200;

/** Dead letters, the newest first. */
export async function listDeadLetters(
  services: Services,
  query: DeadLetterQuery,
): Promise<Page<DeadLetterView>> {
  const { fingerprint, limit, job_id, error_code, from_ms, to_ms } = query;
  const filtered = [job_id, error_code, from_ms, to_ms].some((value) => value !== undefined);
  const kept: DeadLetterView[] = [];
  let { cursor } = query;
  for (;;) {
    const page = await services.deadLetters.list({
      limit: filtered ? Math.max(limit, READ_AT_ONCE) : limit - kept.length,
      ...(fingerprint === undefined ? {} : { fingerprint }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    const views = await viewAll(services, page.items);
    kept.push(...views.filter((view) => belongs(view, query)));
    cursor = page.next_cursor;
    const last = kept[limit - 1];
    // More were read than are shown: it goes on after the last that is.
    if (last !== undefined && kept.length > limit)
      return { items: kept.slice(0, limit), next_cursor: cursorAt(last) };
    if (cursor === undefined) return { items: kept };
    if (last !== undefined) return { items: kept, next_cursor: cursor };
  }
}

/** Dead letters are listed by when they failed. */
function cursorAt({ failed_time, execution_id }: DeadLetterView): string {
  return `${String(Date.parse(failed_time))}~${execution_id}`;
}

function belongs(view: DeadLetterView, query: DeadLetterQuery): boolean {
  const { job_id, error_code, from_ms = -Infinity, to_ms = Infinity } = query;
  const failed = Date.parse(view.failed_time);
  if (failed < from_ms || failed >= to_ms) return false;
  return (job_id ?? view.job_id) === view.job_id && (error_code ?? view.error_code) === view.error_code;
}

async function viewAll(services: Services, ids: readonly string[]): Promise<DeadLetterView[]> {
  const records = await services.executions.getMany(ids);
  return Promise.all(records.map((record) => view(services, record)));
}

async function view(services: Services, record: ExecutionRecord): Promise<DeadLetterView> {
  return {
    ...(await executionErrorOf(services, record)),
    run_id: record.run_id,
    fingerprint: record.fingerprint ?? '',
    failed_time: new Date(record.completed_time ?? 0).toISOString(),
  };
}

/** One dead letter; undefined where there is none of that id. */
export async function getDeadLetter(
  services: Services,
  executionId: string,
): Promise<DeadLetterView | undefined> {
  if (!(await services.deadLetters.has(executionId))) return undefined;
  const [found] = await viewAll(services, [executionId]);
  return found;
}

/** Dead letters of one kind of failure, and how many there are. */
export interface DeadLetterGroup {
  readonly fingerprint: string;
  readonly count: number;
  /** The newest of them. */
  readonly latest: DeadLetterView;
}

/** The kinds of failure that there are dead letters of, the most frequent first. */
export async function groupDeadLetters(services: Services): Promise<DeadLetterGroup[]> {
  const groups = [...(await services.deadLetters.groups())];
  const found = await Promise.all(
    groups.map(async ([fingerprint, count]): Promise<DeadLetterGroup[]> => {
      const page = await services.deadLetters.list({ fingerprint, limit: 1 });
      const [latest] = await viewAll(services, page.items);
      return latest === undefined ? [] : [{ fingerprint, count, latest }];
    }),
  );
  return found.flat().toSorted((one, other) => other.count - one.count);
}

export interface DeadLetterRetry {
  readonly execution_id: string;
  readonly actor: string;
  readonly detail?: string | undefined;
}

export type DeadLetterRetryResult =
  RerunInsteadResult | { readonly ok: false; readonly refusal: 'UNKNOWN_EXECUTION' };

/**
 * Runs the job of a dead letter again, and what comes after it, in a new pass of its run. However often and by however many it is asked for,
 * it is one new execution; where that fails for good, that is a new dead letter.
 */
export async function retryDeadLetter(
  services: Services,
  { execution_id, actor, detail }: DeadLetterRetry,
): Promise<DeadLetterRetryResult> {
  const record = await services.executions.get(execution_id);
  if (record === undefined) return { ok: false, refusal: 'UNKNOWN_EXECUTION' };
  if (await services.deadLetters.has(execution_id)) return rerunInstead(services, record, { actor, detail });
  const opened = await services.runs.passOpenedBy(record.run_id, retryKey(execution_id));
  return opened === undefined
    ? { ok: false, refusal: 'UNKNOWN_EXECUTION' }
    : startedBy(services, record, opened);
}

/** Takes dead letters off their list; their executions stay in the history. @returns those that were dead letters */
export function purgeDeadLetters(
  services: Services,
  executionIds: readonly string[],
): Promise<readonly string[]> {
  return services.deadLetters.purge(executionIds);
}

/** Purges what is not kept any longer (Rule 15). @returns how many */
export async function expireDeadLetters(services: Services): Promise<number> {
  for (let count = 0; ;) {
    const { purged, more } = await services.deadLetters.purgeExpired();
    count += purged.length;
    if (!more) return count;
  }
}
