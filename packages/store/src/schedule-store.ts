import type { DueSchedule, LedgerEntry, ScheduleStore, Tick, TickOutcome } from '@phi/core';
import type { Redis } from 'ioredis';

import { pack } from './codec.js';
import type { Keys } from './keys.js';
import type { FunctionLibrary } from './function-library.js';
import { redisNow } from './time.js';

/** Schedules' fire times and their ledger in Redis; see the port in `@phi/core`. */
export class RedisScheduleStore implements ScheduleStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  now(): Promise<number> {
    return redisNow(this.redis, this.keys);
  }

  async due(nowMs: number, limit: number): Promise<readonly DueSchedule[]> {
    const raw = await this.redis.zrangebyscore(
      this.keys.key('due'),
      '-inf',
      nowMs,
      'WITHSCORES',
      'LIMIT',
      0,
      limit,
    );
    const ids = raw.filter((_, index) => index % 2 === 0);
    const jobs = await Promise.all(
      ids.map((id) => this.redis.hget(this.keys.key(`schedule:${id}`), 'job_id')),
    );
    return ids.map((schedule_id, index) => ({
      schedule_id,
      job_id: jobs[index] ?? '',
      nominal_ms: Number(raw[index * 2 + 1]),
    }));
  }

  async nextDue(): Promise<number | undefined> {
    const head = await this.redis.zrange(this.keys.key('due'), '0', '0', 'WITHSCORES');
    return head[1] === undefined ? undefined : Number(head[1]);
  }

  async recordTick(tick: Tick, graphId?: string): Promise<'RECORDED' | 'STALE_TICK' | 'STALE_GRAPH'> {
    const word = await this.library.callForWord('record-tick', [pack({ tick, graph_id: graphId })]);
    return word as 'RECORDED' | 'STALE_TICK' | 'STALE_GRAPH';
  }

  async ledger(scheduleId: string, limit: number): Promise<readonly LedgerEntry[]> {
    const entries = await this.redis.zrevrange(this.keys.key(`ticks:${scheduleId}`), 0, limit - 1);
    return entries.map(decodeEntry);
  }

  async get(scheduleId: string): Promise<{ job_id: string; next_ms?: number; last_ms?: number } | undefined> {
    const fields = await this.redis.hgetall(this.keys.key(`schedule:${scheduleId}`));
    if (fields['job_id'] === undefined) return undefined;
    return {
      job_id: fields['job_id'],
      ...(fields['next'] === undefined ? {} : { next_ms: Number(fields['next']) }),
      ...(fields['last'] === undefined ? {} : { last_ms: Number(fields['last']) }),
    };
  }
}

function decodeEntry(entry: string): LedgerEntry {
  const [nominal, outcome, executionId] = entry.split('|');
  const base = { nominal_ms: Number(nominal), outcome: outcome as TickOutcome };
  return executionId === undefined || executionId === '' ? base : { ...base, execution_id: executionId };
}
