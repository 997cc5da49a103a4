import { once } from 'node:events';

import type { Redis } from 'ioredis';

import { startTcpProxy } from '../net/tcp-proxy.js';
import { startRedisServer } from './redis-server.js';

/** A command that had no answer yet when its connection was lost. */
export interface UnderWay {
  readonly command: Promise<unknown>;
  /** The address leads to Redis again. @returns what a write answers then */
  comeBack(): Promise<string>;
  close(): Promise<void>;
}

/** Loses a connection with a command under way, behind an address that goes on to take connections and closes each of them. */
export async function loseUnderWay(connect: (url: string) => Redis): Promise<UnderWay> {
  const server = await startRedisServer();
  const proxy = await startTcpProxy(server.port);
  const redis = connect(proxy.url);
  await once(redis, 'ready');
  server.pause();
  const command = redis.get('key');
  // Sent in the next turn, with whatever else is asked for in this one.
  await new Promise(setImmediate);
  proxy.cut();
  return {
    command,
    async comeBack() {
      server.resume();
      proxy.mend();
      await once(redis, 'ready');
      return redis.set('key', 'value');
    },
    async close() {
      redis.disconnect();
      await proxy.close();
      await server.stop();
    },
  };
}
