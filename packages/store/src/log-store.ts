import type { LogLine, LogStore } from '@phi/core';
import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';

/** Lines kept per execution. */
const LINES_KEPT = 2000;
/** Characters kept of one line. */
const LINE_LENGTH = 4096;
const KEPT_SECONDS = 7 * 24 * 3600;

/** Live logs of executions, a bounded Redis stream each; see the port in `@phi/core`. */
export class RedisLogStore implements LogStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async append(
    executionId: string,
    lines: readonly { readonly stream: string; readonly text: string }[],
  ): Promise<void> {
    const key = this.keyOf(executionId);
    const pipeline = this.redis.pipeline();
    for (const line of lines) {
      pipeline.xadd(
        key,
        'MAXLEN',
        '~',
        LINES_KEPT,
        '*',
        'stream',
        line.stream,
        'text',
        line.text.slice(0, LINE_LENGTH),
      );
    }
    pipeline.expire(key, KEPT_SECONDS);
    await pipeline.exec();
  }

  async read(executionId: string, afterId: string | undefined, limit: number): Promise<readonly LogLine[]> {
    const from = afterId === undefined ? '-' : `(${afterId}`;
    const entries = await this.redis.xrange(this.keyOf(executionId), from, '+', 'COUNT', limit);
    return entries.map(([id, fields]) => ({
      id,
      time: Number(id.split('-')[0]),
      stream: fields[1] ?? '',
      text: fields[3] ?? '',
    }));
  }

  private keyOf(executionId: string): string {
    return this.keys.key(`logs:${executionId}`);
  }
}
