import { expireQueued, type Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Ends what has waited in the queue for too long (Rule 12, `queue_timeout_seconds`). */
export async function sweepQueueTimeouts(services: Services, log: Logger): Promise<undefined> {
  const expired = await expireQueued(services);
  if (expired > 0) log.warn({ executions: expired }, 'waited in the queue for too long');
}
