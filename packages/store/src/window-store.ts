import type { WindowEntry, WindowStore } from '@phi/core';
import type { Redis } from 'ioredis';

import { pack, unpackSealed } from './codec.js';
import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';
import { announce, decodeReply, type ReplyListener } from './reply.js';
import { redisNow } from './time.js';

/** Execution windows in Redis; see the port in `@phi/core`. */
export class RedisWindowStore implements WindowStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async due(limit: number): Promise<readonly string[]> {
    const now = await redisNow(this.redis, this.keys);
    return this.redis.zrangebyscore(this.keys.key('window_timers'), '-inf', now, 'LIMIT', 0, limit);
  }

  async nextDue(): Promise<number | undefined> {
    const head = await this.redis.zrange(this.keys.key('window_timers'), '0', '0', 'WITHSCORES');
    return head[1] === undefined ? undefined : Number(head[1]);
  }

  async get(jobId: string): Promise<WindowEntry | undefined> {
    const bytes = await this.redis.hgetBuffer(this.keys.key('windows'), jobId);
    return bytes === null ? undefined : (unpackSealed(bytes) as WindowEntry | undefined);
  }

  async set(
    entries: ReadonlyMap<string, WindowEntry | undefined>,
    graphId: string | undefined,
  ): Promise<'SET' | 'STALE_GRAPH'> {
    const packed = [...entries].map(([job_id, window]) => pack({ job_id, window }));
    const raw = await this.library.call('set-windows', [graphId ?? '', ...packed]);
    const reply = decodeReply('set-windows', raw);
    announce(reply, this.listener);
    return reply.results[0] === 'STALE_GRAPH' ? 'STALE_GRAPH' : 'SET';
  }
}
