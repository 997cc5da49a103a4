import type { LogLine, LogStore, NumberedLine } from '@phi/core';
import type { Redis } from 'ioredis';

import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';

/** Lines kept of an execution. */
const LINES_KEPT = 2000;
/** UTF-8 bytes kept of an execution, in all its lines. */
const BYTES_KEPT = 1024 * 1024;
/** Characters kept of one line. */
const LINE_LENGTH = 4096;
const KEPT_SECONDS = 7 * 24 * 3600;

/** Lines in one script call: bounds how long the script keeps Redis from others. */
const LINES_AT_ONCE = 250;

/** Live logs of executions, a bounded Redis stream each; see the port in `@phi/core`. */
export class RedisLogStore implements LogStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  async append(executionId: string, lines: readonly NumberedLine[]): Promise<void> {
    for (let from = 0; from < lines.length; from += LINES_AT_ONCE) {
      await this.library.call('append-log', [
        executionId,
        LINES_KEPT,
        BYTES_KEPT,
        KEPT_SECONDS,
        ...lines
          .slice(from, from + LINES_AT_ONCE)
          .flatMap(({ number, stream, text }) => [number, stream, shorten(text)]),
      ]);
    }
  }

  async read(executionId: string, afterId: string | undefined, limit: number): Promise<readonly LogLine[]> {
    const from = afterId === undefined ? '-' : `(${afterId}`;
    const entries = await this.redis.xrange(this.keys.key(`logs:${executionId}`), from, '+', 'COUNT', limit);
    return entries.map(([id, [, number = '', , stream = '', , text = '']]) => ({
      id,
      number: Number(number),
      time: Number(id.split('-')[0]),
      stream,
      text,
    }));
  }
}

/** That a line was longer is said in it. */
function shorten(text: string): string {
  if (text.length <= LINE_LENGTH) return text;
  return `${text.slice(0, LINE_LENGTH)} … and ${String(text.length - LINE_LENGTH)} more characters`;
}
