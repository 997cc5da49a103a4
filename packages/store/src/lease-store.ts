import type {
  BodyReport,
  BodyVitals,
  ExecutorRecord,
  ExecutorRegistration,
  LeaseRenewal,
  LeaseStore,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { formatAmounts, parseAmounts } from './amounts.js';
import { pack } from './codec.js';
import type { Keys } from './keys.js';
import { announce, decodeReply, type ReplyListener } from './reply.js';
import type { FunctionLibrary } from './function-library.js';

/** Executors' leases in Redis; see the port in `@phi/core`. */
export class RedisLeaseStore implements LeaseStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async register(registration: ExecutorRegistration): Promise<void> {
    const { executor_id, lease_ms, places, pools = [], resources, information, again } = registration;
    const raw = await this.library.call('register-executor', [
      executor_id,
      lease_ms,
      pack({
        places,
        pools: [...new Set(pools)].join(','),
        amounts: formatAmounts(resources),
        information: JSON.stringify(information),
      }),
      ...(again === true ? ['again'] : []),
    ]);
    announce(decodeReply('register-executor', raw), this.listener);
  }

  async renew(
    executorId: string,
    leaseMs: number,
    bodies: readonly BodyReport[] = [],
  ): Promise<LeaseRenewal> {
    const reports = bodies.flatMap(({ execution_id, silent_ms, stage = '', records_processed = 0 }) => [
      execution_id,
      silent_ms,
      records_processed,
      stage,
    ]);
    const [word, toStop, holds] = (await this.library.call('renew-lease', [
      executorId,
      leaseMs,
      ...reports,
    ])) as [Buffer, Buffer[]?, Buffer[]?];
    if (String(word) !== 'RENEWED') return { held: false };
    return { held: true, to_stop: (toStop ?? []).map(String), holds: (holds ?? []).map(String) };
  }

  async vitals(executorId: string, executionId: string): Promise<BodyVitals | undefined> {
    const reported = await this.redis.hget(this.keys.key(`vitals:${executorId}`), executionId);
    const [, beat, records, stage] = /^(\d+) (\d+) (.*)$/s.exec(reported ?? '') ?? [];
    if (beat === undefined) return undefined;
    const last_heartbeat = Number(beat);
    return stage === '' || stage === undefined
      ? { last_heartbeat }
      : { last_heartbeat, stage, records_processed: Number(records) };
  }

  async leave(executorId: string): Promise<void> {
    await this.takeOff([executorId]);
  }

  evictExpired(): Promise<readonly string[]> {
    return this.takeOff([]);
  }

  private async takeOff(executorIds: readonly string[]): Promise<readonly string[]> {
    const reply = decodeReply('leave-executor', await this.library.call('leave-executor', executorIds));
    announce(reply, this.listener);
    return reply.results as readonly string[];
  }

  async evicted(): Promise<ReadonlyMap<string, readonly string[]>> {
    const executors = await this.redis.smembers(this.keys.key('evicted'));
    const held = await Promise.all(executors.map((id) => this.redis.smembers(this.keys.key(`held:${id}`))));
    return new Map(executors.map((id, index) => [id, held[index] ?? []]));
  }

  async forget(executorId: string): Promise<void> {
    await this.redis.srem(this.keys.key('evicted'), executorId);
  }

  async list(): Promise<readonly ExecutorRecord[]> {
    const raw = await this.redis.zrange(this.keys.key('executors'), '0', '-1', 'WITHSCORES');
    const ids = raw.filter((_, index) => index % 2 === 0);
    return Promise.all(ids.map((id, index) => this.read(id, Number(raw[index * 2 + 1]))));
  }

  private async read(executorId: string, leaseExpires: number): Promise<ExecutorRecord> {
    const [fields, running, used] = await Promise.all([
      this.redis.hgetall(this.keys.key(`executor:${executorId}`)),
      this.redis.scard(this.keys.key(`held:${executorId}`)),
      this.redis.hget(this.keys.key('used'), `executor:${executorId}`),
    ]);
    const information = JSON.parse(fields['information'] ?? '{}') as Record<string, string | number>;
    return {
      executor_id: executorId,
      places: Number(fields['places'] ?? 0),
      pools: (fields['pools'] ?? '').split(',').filter((pool) => pool !== ''),
      resources: parseAmounts(fields['amounts']),
      reserved: parseAmounts(used ?? '0,0,0,0'),
      lease_expires: leaseExpires,
      running,
      information,
    };
  }
}
