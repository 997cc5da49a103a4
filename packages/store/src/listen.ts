import { LISTENER_PING_MS } from '@phi/core';
import type { Redis } from 'ioredis';

/** A subscription to a channel. */
export interface Listening {
  readonly stop: () => void;
}

/**
 * Listens to a channel on a connection of its own. Messages get lost while Redis is away.
 *
 * @param redis - its settings are used
 */
export async function listen(
  redis: Redis,
  channel: string,
  onMessage: (message: string) => void,
): Promise<Listening> {
  // It begins to listen once Redis is there, however often it goes away before.
  const subscriber = redis.duplicate({ maxRetriesPerRequest: null });
  // What is wrong with Redis is told by the connection that this one is a copy of.
  subscriber.on('error', () => undefined);
  subscriber.on('message', (_channel, message) => onMessage(message));
  // Nobody owes a listener anything: one whose packets vanish would never notice.
  const asking = setInterval(() => {
    if (subscriber.status === 'ready') subscriber.ping().catch(() => undefined);
  }, LISTENER_PING_MS);
  await subscriber.subscribe(channel);
  return {
    stop() {
      clearInterval(asking);
      subscriber.disconnect();
    },
  };
}
