import type { Redis } from 'ioredis';

import { createKeys } from './keys.js';

/**
 * Tells of stages whose remote module says that there is something to see. A message may be lost: who waits looks by itself as well.
 *
 * @param redis - its settings are used for a connection of its own
 */
export async function listenForCallbacks(
  redis: Redis,
  namespace: string,
  onCallback: (executionId: string, stage: string) => void,
): Promise<{ readonly stop: () => void }> {
  const subscriber = redis.duplicate();
  // What is wrong with Redis is told by the connection that this one is a copy of.
  subscriber.on('error', () => undefined);
  subscriber.on('message', (_channel, message) => {
    const [executionId, stage] = JSON.parse(message) as [string, string];
    onCallback(executionId, stage);
  });
  await subscriber.subscribe(createKeys(namespace).key('callbacks'));
  return { stop: () => subscriber.disconnect() };
}
