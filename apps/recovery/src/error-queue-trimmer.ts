import type { Logger } from '@phi/telemetry';

/** Where entries are that are kept for a time. */
interface Trimmed {
  /** @returns how many entries were removed */
  trim(): Promise<number>;
}

/** Removes from the error queues what is older than ERROR_RETENTION_HOURS or, of dead letters, DEAD_LETTER_RETENTION_DAYS. */
export async function trimErrorQueues(queues: Trimmed, log: Logger): Promise<undefined> {
  const removed = await queues.trim();
  if (removed > 0) log.info({ entries: removed }, 'removed what the error queues no longer keep');
}
