import {
  EVENT_COUNTS,
  type AcceptAnswer,
  type AcceptCommand,
  type DueTrigger,
  type EventCount,
  type EventStore,
  type FlushAnswer,
  type FlushCommand,
  type HoldingTrigger,
  type PublishedDataset,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { pack } from './codec.js';
import type { FunctionLibrary, FunctionName } from './function-library.js';
import type { Keys } from './keys.js';
import { OUT_OF_MEMORY, unlessOutOfMemory } from './out-of-memory.js';
import { announce, decodeReply, toArray, type ReplyListener } from './reply.js';

/** Events in Redis; see the port in `@phi/core`. */
export class RedisEventStore implements EventStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async accept(command: AcceptCommand): Promise<AcceptAnswer> {
    const answer = await unlessOutOfMemory(
      async () => (await this.call('accept-event', command)) as AcceptAnswer,
      () => OUT_OF_MEMORY,
    );
    if (!answer.ok) return answer;
    return { ...answer, deliveries: toArray(answer.deliveries) as typeof answer.deliveries };
  }

  async flush(command: FlushCommand): Promise<FlushAnswer> {
    return (await this.call('flush-trigger', command)) as FlushAnswer;
  }

  async due(nowMs: number, limit: number): Promise<readonly DueTrigger[]> {
    const names = await this.redis.zrangebyscore(
      this.keys.key('triggers_due'),
      '-inf',
      nowMs,
      'LIMIT',
      0,
      limit,
    );
    const flushes = await Promise.all(
      names.map((name) => this.redis.hget(this.keys.key(`trigger:${name}`), 'flushes')),
    );
    return names.map((name, index) => ({ ...readName(name), flush: Number(flushes[index] ?? 0) }));
  }

  async nextDue(): Promise<number | undefined> {
    const head = await this.redis.zrange(this.keys.key('triggers_due'), '0', '0', 'WITHSCORES');
    return head[1] === undefined ? undefined : Number(head[1]);
  }

  async holding(jobIds: readonly string[]): Promise<readonly HoldingTrigger[]> {
    const held = await Promise.all(
      jobIds.map((jobId) => this.redis.hgetall(this.keys.key(`holding:${jobId}`))),
    );
    return held.flatMap((digests, index) =>
      Object.entries(digests).map(([trigger_id, digest]) => ({
        job_id: jobIds[index] ?? '',
        trigger_id,
        digest,
      })),
    );
  }

  async bodies(numbers: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (numbers.length === 0) return new Map();
    const texts = await this.redis.mget(numbers.map((number) => this.keys.key(`event:${number}`)));
    const pairs = numbers.map((number, index) => [number, texts[index]] as const);
    return new Map(pairs.filter((pair): pair is readonly [string, string] => typeof pair[1] === 'string'));
  }

  async published(limit: number): Promise<readonly PublishedDataset[]> {
    const entries = await this.redis.lrange(this.keys.key('published'), 0, limit - 1);
    return entries.map((entry) => {
      const at = entry.indexOf('|');
      return { execution_id: entry.slice(0, at), dataset: entry.slice(at + 1) };
    });
  }

  async withdraw({ execution_id, dataset }: PublishedDataset): Promise<void> {
    await this.redis.lrem(this.keys.key('published'), 1, `${execution_id}|${dataset}`);
  }

  async counts(): Promise<Readonly<Record<EventCount, number>>> {
    const counts = await this.redis.hgetall(this.keys.key('event_counts'));
    return Object.fromEntries(EVENT_COUNTS.map((name) => [name, Number(counts[name] ?? 0)])) as Record<
      EventCount,
      number
    >;
  }

  private async call(name: FunctionName, command: AcceptCommand | FlushCommand): Promise<unknown> {
    const reply = decodeReply(name, await this.library.call(name, [pack(command)]));
    announce(reply, this.listener);
    return reply.results[0];
  }
}

/** A trigger is named by its job's id and its own, which both have no `|`. */
function readName(name: string): { job_id: string; trigger_id: string } {
  const at = name.indexOf('|');
  return { job_id: name.slice(0, at), trigger_id: name.slice(at + 1) };
}
