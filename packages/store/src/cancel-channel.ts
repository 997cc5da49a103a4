import type { Redis } from 'ioredis';

import { createKeys } from './keys.js';
import { listen, type Listening } from './listen.js';

/**
 * Tells of executions that are asked to stop as soon as they are. A message may be lost while Redis is away: the renewal of a lease
 * brings what is still open of them.
 *
 * @param redis - its settings are used for a connection of its own
 */
export function listenForCancellations(
  redis: Redis,
  namespace: string,
  onCancel: (executionId: string) => void,
): Promise<Listening> {
  return listen(redis, createKeys(namespace).key('cancel'), onCancel);
}
