import type { EventStreams, StreamEntry } from '@phi/core';
import type { Redis } from 'ioredis';

import { connectRedis, type ConnectionListener } from './connect.js';

/** The longest that a read waits at the server, in milliseconds. */
const WAITS_AT_MOST_MS = 5000;

/** An entry as Redis answers it: its id, and names and values in turn. */
type RawEntry = [id: string, fields: string[] | null];

/** The group of a namespace; see the port in `@phi/core`. */
class RedisEventStreams implements EventStreams {
  private readonly joined = new Set<string>();
  private closing: Promise<void> | undefined;

  /** @param redis - a connection of its own: reads wait on it */
  constructor(
    private readonly redis: Redis,
    private readonly group: string,
    private readonly consumer: string,
  ) {}

  async join(key: string): Promise<'JOINED' | 'NOT_A_STREAM'> {
    try {
      await this.redis.xgroup('CREATE', key, this.group, '0', 'MKSTREAM');
    } catch (error) {
      if (isReply(error, 'WRONGTYPE')) return 'NOT_A_STREAM';
      if (!isReply(error, 'BUSYGROUP')) throw error;
    }
    this.joined.add(key);
    return 'JOINED';
  }

  read(keys: readonly string[], limit: number, waitMs: number): Promise<readonly StreamEntry[] | 'LOST'> {
    return orLost(async () => {
      const from = [...keys, ...keys.map(() => '>')];
      const base = ['GROUP', this.group, this.consumer, 'COUNT', limit] as const;
      const answer = await (waitMs === 0
        ? this.redis.xreadgroup(...base, 'STREAMS', ...from)
        : this.redis.xreadgroup(...base, 'BLOCK', Math.min(waitMs, WAITS_AT_MOST_MS), 'STREAMS', ...from));
      const streams = (answer ?? []) as [key: string, entries: RawEntry[]][];
      return streams.flatMap(([key, entries]) => entriesOf(key, entries));
    });
  }

  takeOver(key: string, idleMs: number, limit: number): Promise<readonly StreamEntry[] | 'LOST'> {
    return orLost(async () => {
      const [, entries] = (await this.redis.xautoclaim(
        key,
        this.group,
        this.consumer,
        idleMs,
        '0-0',
        'COUNT',
        limit,
      )) as [cursor: string, entries: (RawEntry | null)[]];
      return entriesOf(key, entries);
    });
  }

  async acknowledge(key: string, id: string): Promise<void> {
    await this.redis.xack(key, this.group, id);
  }

  close(): Promise<void> {
    this.closing ??= Promise.allSettled([...this.joined].map((key) => this.leave(key))).then(() =>
      this.redis.disconnect(),
    );
    return this.closing;
  }

  /** A consumer that is removed takes along what it was given: one with something left to handle stays. */
  private async leave(key: string): Promise<void> {
    const left = await this.redis.xpending(key, this.group, '-', '+', 1, this.consumer);
    if (left.length === 0) await this.redis.xgroup('DELCONSUMER', key, this.group, this.consumer);
  }
}

/** What was trimmed from the stream meanwhile has no fields any more. */
function entriesOf(key: string, entries: readonly (RawEntry | null)[]): StreamEntry[] {
  return entries.flatMap((entry) => {
    const [id, flat] = entry ?? [];
    return id === undefined || flat === undefined || flat === null ? [] : [{ key, id, fields: pairs(flat) }];
  });
}

function pairs(flat: readonly string[]): (readonly [string, string])[] {
  return flat.flatMap((name, index) => (index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : []));
}

async function orLost<T>(command: () => Promise<T>): Promise<T | 'LOST'> {
  try {
    return await command();
  } catch (error) {
    if (isReply(error, 'NOGROUP') || isReply(error, 'WRONGTYPE') || isReply(error, 'UNBLOCKED'))
      return 'LOST';
    throw error;
  }
}

/** Whether an error is what Redis answered with this word. */
function isReply(error: unknown, word: string): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'message' in error &&
    typeof error.message === 'string' &&
    error.message.startsWith(word)
  );
}

/**
 * Opens the streams of others on a connection of its own, on which reads may wait.
 *
 * @param consumer - no other process has this name
 * @param onStateChange - see `connectRedis`
 */
export function openEventStreams(
  url: string,
  namespace: string,
  consumer: string,
  onStateChange: ConnectionListener,
): EventStreams {
  const redis = connectRedis(url, onStateChange, WAITS_AT_MOST_MS);
  return new RedisEventStreams(redis, `phi:${namespace}`, consumer);
}
