import type { ExecutionRecord } from '@phi/core';

import { orderEnd, orderFailure } from './fail-attempt.js';
import type { Services } from './services.js';
import { queueTimeoutError } from './timeout-error.js';

/** Executions looked at in one round. */
const ROUND = 200;

/**
 * Ends what has waited in the queue longer than `queue_timeout_seconds`, delivered or not; its retry policy applies. Any number of
 * processes may do it at once, and an executor may claim meanwhile: whoever is first has it.
 *
 * @returns how many were ended
 */
export async function expireQueued(services: Services): Promise<number> {
  const due = await services.executions.due('queue_deadlines', ROUND);
  const records = await services.executions.getMany(due);
  const results = await Promise.all(records.map((record) => expire(services, record)));
  return results.filter(Boolean).length;
}

async function expire(services: Services, record: ExecutionRecord): Promise<boolean> {
  const { execution_id, revision, job_id, job_revision, queued_time = 0, queue_deadline } = record;
  // Claimed since it was found, or ended.
  if (record.status !== 'QUEUED' || queue_deadline === undefined) return false;
  const command = {
    event: 'EXPIRE',
    execution_id,
    expected_revision: revision,
    actor: 'recovery',
  } as const;
  const [definition, now] = await Promise.all([
    services.catalog.definition(job_id, job_revision),
    services.schedules.now(),
  ]);
  const timeoutSeconds = Math.round((queue_deadline - queued_time) / 1000);
  const error = await queueTimeoutError(services, record, timeoutSeconds, now);
  const timeout_error = JSON.stringify(error);
  const failure = {
    error_code: QUEUE_TIMEOUT,
    error_message: `it waited in the queue for longer than queue_timeout_seconds (${String(timeoutSeconds)})`,
    status: 'TIMEOUT',
    how: 'FAILED',
  } as const;
  const order =
    definition === undefined
      ? orderEnd(services, record, undefined, failure, now)
      : orderFailure(services, record, definition, failure, now);
  return (await services.executions.transition({ ...command, ...order, timeout_error })).ok;
}

const QUEUE_TIMEOUT = 'EXEC_021_QUEUE_TIMEOUT';
