import type { Redis } from 'ioredis';

import { createKeys } from './keys.js';

/**
 * Tells of executions that are asked to stop as soon as they are. A message may be lost while Redis is away: the renewal of a lease
 * brings what is still open of them.
 *
 * @param redis - its settings are used for a connection of its own
 */
export async function listenForCancellations(
  redis: Redis,
  namespace: string,
  onCancel: (executionId: string) => void,
): Promise<{ stop(): void }> {
  const subscriber = redis.duplicate();
  // What is wrong with Redis is told by the connection that this one is a copy of.
  subscriber.on('error', () => undefined);
  subscriber.on('message', (_channel, executionId) => onCancel(executionId));
  await subscriber.subscribe(createKeys(namespace).key('cancel'));
  return { stop: () => subscriber.disconnect() };
}
