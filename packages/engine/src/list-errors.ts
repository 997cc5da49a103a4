import type { ErrorEntry, ErrorEntryFilter, ErrorQueueName, Page } from '@phi/core';

import { getDeadLetter, listDeadLetters, purgeDeadLetters, type DeadLetterView } from './dead-letters.js';
import type { Services } from './services.js';

/** What an error queue shows, the newest first: of dead letters what is kept of them, of the others what was entered. */
export async function listErrors(
  services: Services,
  queue: ErrorQueueName,
  filter: ErrorEntryFilter,
): Promise<Page<ErrorEntry>> {
  if (queue !== 'phi_dead_letter') return services.errorQueues.list(queue, filter);
  const { cursor, ...query } = filter;
  const page = await listDeadLetters(services, { ...query, ...(cursor === undefined ? {} : { cursor }) });
  return { ...page, items: page.items.map(entryOf) };
}

/** One entry; undefined where there is none of that id. */
export async function getError(
  services: Services,
  queue: ErrorQueueName,
  id: string,
): Promise<ErrorEntry | undefined> {
  if (queue !== 'phi_dead_letter') return services.errorQueues.get(queue, id);
  const letter = await getDeadLetter(services, id);
  return letter === undefined ? undefined : entryOf(letter);
}

/** Takes entries out; executions stay in the history (specification: Queue Operations, Purge). @returns those that were there */
export async function purgeErrors(
  services: Services,
  queue: ErrorQueueName,
  ids: readonly string[],
): Promise<readonly string[]> {
  if (queue === 'phi_dead_letter') return purgeDeadLetters(services, ids);
  const found = await Promise.all(ids.map((id) => services.errorQueues.get(queue, id)));
  const purged = [...new Set(found.flatMap((entry) => entry?.id ?? []))];
  await services.errors.withdraw(queue, purged);
  return purged;
}

function entryOf(letter: DeadLetterView): ErrorEntry {
  const { execution_id: id, error_code, failed_time } = letter;
  return { id, error_code, time: Date.parse(failed_time), error: { ...letter } };
}
