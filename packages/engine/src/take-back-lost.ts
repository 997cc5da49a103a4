import type { ExecutionRecord } from '@phi/core';

import { missingDefinition, orderFailure, orderWithoutDefinition } from './fail-attempt.js';
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
    const results = await Promise.allSettled(records.map((record) => takeBack(services, record)));
    taken += results.filter((result) => result.status === 'fulfilled' && result.value).length;
    if (held.length === 0) await services.leases.forget(executorId);
  }
  return taken;
}

async function takeBack(services: Services, record: ExecutionRecord): Promise<boolean> {
  const base = { execution_id: record.execution_id, expected_revision: record.revision, actor: 'recovery' };
  if (record.status === 'COMPLETING') {
    return (await services.executions.transition({ ...base, event: 'COMPLETE' })).ok;
  }
  const definition = await services.catalog.definition(record.job_id, record.job_revision);
  if (record.status !== 'RUNNING') return false;
  if (record.cancel !== undefined) {
    const confirm = { event: 'CONFIRM_CANCEL', reason: 'CANCEL_001_REQUESTED' } as const;
    return (await services.executions.transition({ ...base, ...confirm })).ok;
  }
  const failure = {
    error_code: LOST_EXECUTOR,
    error_message: `executor ${record.executor_id ?? ''} stopped renewing its lease`,
    status: 'FAILED',
    how: 'LOST',
  } as const;
  const now = await services.schedules.now();
  const order =
    definition === undefined
      ? orderWithoutDefinition(services, record, missingDefinition(record), now)
      : orderFailure(services, record, definition, failure, now);
  return (await services.executions.transition({ ...base, ...order, event: 'LOSE' })).ok;
}

const LOST_EXECUTOR = 'EXEC_012_EXECUTOR_LOST';
