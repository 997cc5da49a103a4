import type { Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Removes from the error queues what is older than ERROR_RETENTION_HOURS or, of dead letters, DEAD_LETTER_RETENTION_DAYS. */
export async function trimErrorQueues({ errorQueues }: Services, log: Logger): Promise<undefined> {
  const removed = await errorQueues.trim();
  if (removed > 0) log.info({ entries: removed }, 'removed what the error queues no longer keep');
}
