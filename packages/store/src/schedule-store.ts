import type {
  DueSchedule,
  HeldSchedules,
  LedgerEntry,
  LedgerReading,
  ScheduleRegistration,
  ScheduleState,
  ScheduleStore,
  SweptMark,
  Tick,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { pack } from './codec.js';
import type { FunctionLibrary } from './function-library.js';
import type { Keys } from './keys.js';
import { unlessOfAnotherType } from './of-another-type.js';
import {
  decodeEntry,
  decodePauses,
  decodeSchedule,
  decodeSwept,
  encodeSwept,
  LEDGER_ENTRIES_KEPT,
} from './schedule-codec.js';
import { redisNow } from './time.js';

/** How many ids a page has, about. */
const IDS_AT_ONCE = 100;

const FIELDS_OF_DUE = ['job_id', 'next', 'rev', 'pauses', 'held'] as const;

/** Schedules' fire times and their ledgers in Redis; see the port in `@phi/core`. */
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
    const ids = await this.redis.zrangebyscore(this.keys.key('due'), '-inf', nowMs, 'LIMIT', 0, limit);
    const found = await Promise.all(
      ids.map((id) => unlessOfAnotherType(this.redis.hmgetBuffer(this.scheduleKey(id), ...FIELDS_OF_DUE))),
    );
    const due = await Promise.all(
      ids.map(async (schedule_id, index): Promise<DueSchedule[]> => {
        const [job_id, next, rev, packed, held] = found[index] ?? [];
        if (!job_id) await this.noteDamaged(schedule_id);
        const pauses = decodePauses(packed);
        // Whoever reads its pauses mends them: it is paused then.
        if (pauses === undefined) await this.pause(schedule_id);
        if (!job_id || !next || pauses === undefined) return [];
        const state = { job_id: String(job_id), nominal_ms: Number(next), rev: Number(rev ?? 0), pauses };
        return [{ schedule_id, ...state, ...(held ? { held: String(held) } : {}) }];
      }),
    );
    return due.flat();
  }

  async nextDue(): Promise<number | undefined> {
    const head = await this.redis.zrange(this.keys.key('due'), '0', '0', 'WITHSCORES');
    return head[1] === undefined ? undefined : Number(head[1]);
  }

  async settle(tick: Tick, graphId?: string): Promise<'SETTLED' | 'STALE_TICK' | 'STALE_GRAPH'> {
    const word = await this.library.callForWord('settle-tick', [pack({ tick, graph_id: graphId })]);
    return word as 'SETTLED' | 'STALE_TICK' | 'STALE_GRAPH';
  }

  async get(scheduleId: string): Promise<ScheduleState | undefined> {
    const fields = await unlessOfAnotherType(this.redis.hgetallBuffer(this.scheduleKey(scheduleId)));
    return fields === undefined ? undefined : decodeSchedule(fields);
  }

  async getMany(scheduleIds: readonly string[]): Promise<ReadonlyMap<string, ScheduleState>> {
    const states = await Promise.all(scheduleIds.map((id) => this.get(id)));
    return new Map(
      scheduleIds.flatMap((id, index) => {
        const state = states[index];
        return state === undefined ? [] : [[id, state] as const];
      }),
    );
  }

  async ledger(scheduleId: string): Promise<readonly LedgerEntry[]> {
    const entries = await this.redis.lrangeBuffer(this.keys.key(`ticks:${scheduleId}`), 0, -1);
    return entries.map(decodeEntry);
  }

  pause(scheduleId: string): Promise<'CHANGED' | 'UNCHANGED' | 'UNKNOWN_SCHEDULE'> {
    return this.setPaused(scheduleId, 'pause');
  }

  resume(scheduleId: string): Promise<'CHANGED' | 'UNCHANGED' | 'UNKNOWN_SCHEDULE'> {
    return this.setPaused(scheduleId, 'resume');
  }

  async markInvalid(scheduleId: string, rev: number, reason: string): Promise<'MARKED' | 'STALE_TICK'> {
    const word = await this.library.callForWord('mark-schedule', ['invalid', scheduleId, rev, reason]);
    return word as 'MARKED' | 'STALE_TICK';
  }

  async markValid(
    scheduleId: string,
    rev: number,
    { from_ms, next_ms }: Pick<ScheduleRegistration, 'from_ms' | 'next_ms'>,
  ): Promise<'MARKED' | 'STALE_TICK'> {
    const args = ['valid', scheduleId, rev, from_ms, next_ms ?? ''];
    return (await this.library.callForWord('mark-schedule', args)) as 'MARKED' | 'STALE_TICK';
  }

  invalid(): Promise<ReadonlyMap<string, string>> {
    return this.readMap('schedules_invalid');
  }

  async held(): Promise<HeldSchedules | undefined> {
    const { redis, keys } = this;
    const [count, latest] = await Promise.all([
      redis.zcard(keys.key('schedules_held')),
      redis.zrange(keys.key('schedules_held'), '-1', '-1', 'WITHSCORES'),
    ]);
    const [schedule, tried] = latest;
    if (schedule === undefined) return undefined;
    const reason = await redis.hget(this.scheduleKey(schedule), 'held');
    // Let go between the two reads.
    return reason === null ? undefined : { count, reason, tried_ms: Number(tried) };
  }

  async listIds(cursor = '0'): Promise<{ readonly ids: readonly string[]; readonly next_cursor?: string }> {
    const [next, ids] = await this.redis.sscan(this.keys.key('schedules'), cursor, 'COUNT', IDS_AT_ONCE);
    return next === '0' ? { ids } : { ids, next_cursor: next };
  }

  /** In one transaction, so that no scheduler settles in between. */
  async readLedger(scheduleId: string, latest: number): Promise<LedgerReading | undefined> {
    const ledger = this.keys.key(`ticks:${scheduleId}`);
    const replies = await this.redis
      .multi()
      .hgetallBuffer(this.scheduleKey(scheduleId))
      .lrangeBuffer(ledger, -latest, -1)
      .llen(ledger)
      .zscore(this.keys.key('due'), scheduleId)
      .exec();
    const [fields, packed, length, due] = (replies ?? []).map(([error, reply]) => {
      if (error !== null) throw error;
      return reply;
    }) as [Record<string, Buffer>, Buffer[], number, string | null];
    const state = decodeSchedule(fields);
    if (state === undefined) return undefined;
    const swept = decodeSwept(fields);
    return {
      state,
      entries: packed.map(decodeEntry),
      from_start: length <= latest && length < LEDGER_ENTRIES_KEPT,
      is_due: due !== null,
      ...(swept === undefined ? {} : { swept }),
    };
  }

  holes(): Promise<ReadonlyMap<string, string>> {
    return this.readMap('ledger_holes');
  }

  async recordSweep(
    scheduleId: string,
    swept: SweptMark | undefined,
    hole: string | undefined,
  ): Promise<void> {
    const { redis, keys } = this;
    await Promise.all([
      swept === undefined
        ? redis.hdel(this.scheduleKey(scheduleId), 'swept')
        : redis.hset(this.scheduleKey(scheduleId), 'swept', encodeSwept(swept)),
      hole === undefined
        ? redis.hdel(keys.key('ledger_holes'), scheduleId)
        : redis.hset(keys.key('ledger_holes'), scheduleId, hole),
    ]);
  }

  private async readMap(suffix: string): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.redis.hgetall(this.keys.key(suffix))));
  }

  private async setPaused(
    scheduleId: string,
    how: 'pause' | 'resume',
  ): Promise<'CHANGED' | 'UNCHANGED' | 'UNKNOWN_SCHEDULE'> {
    const word = await this.library.callForWord('pause-schedule', [scheduleId, how]);
    return word as 'CHANGED' | 'UNCHANGED' | 'UNKNOWN_SCHEDULE';
  }

  /** What is due was in force: its state is gone, or of another type. */
  private async noteDamaged(scheduleId: string): Promise<void> {
    const lost =
      'where it stood: its fire times up to now are not settled; and whether it was paused: it fires from now on';
    await this.redis.hsetnx(
      this.keys.key('damaged_state'),
      `SCHEDULE|${scheduleId}`,
      `PARTIAL_WRITE|${lost}`,
    );
  }

  private scheduleKey(scheduleId: string): string {
    return this.keys.key(`schedule:${scheduleId}`);
  }
}
