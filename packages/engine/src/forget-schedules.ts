import type { Services } from './services.js';

const DAY_MS = 86_400_000;

/**
 * Forgets schedules that have been out of force for longer than history is kept, with their ledgers. @returns how many, and where the next
 * slice begins
 */
export async function forgetSchedules(
  services: Services,
  cursor: string | undefined,
): Promise<{ readonly forgotten: number; readonly cursor: string | undefined }> {
  const before = (await services.schedules.now()) - services.config.HISTORY_RETENTION_DAYS * DAY_MS;
  const { ids, next_cursor } = await services.schedules.listIds(cursor);
  const results = await Promise.all(ids.map((id) => services.history.forgetSchedule(id, before)));
  return { forgotten: results.filter(Boolean).length, cursor: next_cursor };
}
