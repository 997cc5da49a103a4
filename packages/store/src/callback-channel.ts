import type { Redis } from 'ioredis';

import { createKeys } from './keys.js';
import { listen, type Listening } from './listen.js';

/**
 * Tells of stages whose remote module says that there is something to see. A message may be lost: who waits looks by itself as well.
 *
 * @param redis - its settings are used for a connection of its own
 */
export function listenForCallbacks(
  redis: Redis,
  namespace: string,
  onCallback: (executionId: string, stage: string) => void,
): Promise<Listening> {
  return listen(redis, createKeys(namespace).key('callbacks'), (message) => {
    const [executionId, stage] = JSON.parse(message) as [string, string];
    onCallback(executionId, stage);
  });
}
