import type { ExecutionRecord } from '@phi/core';

import { missingDefinition, orderEnd, orderFailure } from './fail-attempt.js';
import type { Services } from './services.js';

/**
 * Takes back what executors held whose lease ran out: what ran is failed and repeated, what was completing
 * is completed (Rule 13).
 *
 * @param options - `evict: false` leaves the leases alone that have run out only now
 * @returns how many executions were taken back
 */
export async function takeBackLost(
  services: Services,
  options: { readonly evict: boolean },
): Promise<number> {
  if (options.evict) await services.leases.evictExpired();
  const evicted = await services.leases.evicted();
  let taken = 0;
  for (const [executorId, held] of evicted) {
    const records = await services.executions.getMany(held);
    const results = await Promise.allSettled(
      records.map((record) => {
        const why = `executor ${record.executor_id ?? ''} stopped renewing its lease`;
        return takeBack(services, record, { why, actor: 'recovery' });
      }),
    );
    taken += results.filter((result) => result.status === 'fulfilled' && result.value).length;
    if (held.length === 0) await services.leases.forget(executorId);
  }
  return taken;
}

/**
 * Takes back what stands as claimed by an executor that does not run it and still holds its lease: Redis lost that it had ended, or
 * the attempt was abandoned.
 *
 * @param executionIds - neither run nor being claimed by it
 * @returns how many were taken back
 */
export async function takeBackUnknown(
  services: Services,
  executorId: string,
  executionIds: readonly string[],
): Promise<number> {
  const records = await services.executions.getMany(executionIds);
  const own = records.filter(({ executor_id }) => executor_id === executorId);
  const why = `executor ${executorId} holds it and does not run it`;
  const results = await Promise.all(
    own.map((record) => takeBack(services, record, { why, actor: executorId, nonce: record.nonce ?? '' })),
  );
  return results.filter(Boolean).length;
}

/** Who takes back: recovery once the lease is over, or the holder by its nonce. */
interface Taker {
  readonly why: string;
  readonly actor: string;
  readonly nonce?: string;
}

async function takeBack(
  services: Services,
  record: ExecutionRecord,
  { why, actor, nonce }: Taker,
): Promise<boolean> {
  const base = {
    execution_id: record.execution_id,
    expected_revision: record.revision,
    actor,
    ...(nonce === undefined ? {} : { nonce }),
  };
  if (record.status === 'COMPLETING') {
    return (await services.executions.transition({ ...base, event: 'COMPLETE' })).ok;
  }
  const definition = await services.catalog.definition(record.job_id, record.job_revision);
  if (record.status !== 'RUNNING') return false;
  if (record.cancel !== undefined) {
    const confirm = { event: 'CONFIRM_CANCEL', reason: 'CANCEL_001_REQUESTED' } as const;
    return (await services.executions.transition({ ...base, ...confirm })).ok;
  }
  const event = nonce === undefined ? 'LOSE' : 'FAIL';
  const failure = {
    error_code: LOST_EXECUTOR,
    error_message: why,
    status: 'FAILED',
    how: 'LOST',
  } as const;
  const now = await services.schedules.now();
  const order =
    definition === undefined
      ? orderEnd(services, record, undefined, missingDefinition(record), now)
      : orderFailure(services, record, definition, failure, now);
  return (await services.executions.transition({ ...base, ...order, event })).ok;
}

const LOST_EXECUTOR = 'EXEC_012_EXECUTOR_LOST';
