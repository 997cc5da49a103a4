import {
  DEFAULT_GLOBAL_MAX_CONCURRENT,
  type AuthoredPool,
  type EnforcementMode,
  type LimitChanges,
  type LimitStore,
  type PoolRecord,
  type WaitingLane,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { amountChanges, parseAmounts } from './amounts.js';
import { pack } from './codec.js';
import type { Keys } from './keys.js';
import { announce, decodeReply, type ReplyListener } from './reply.js';
import type { FunctionLibrary, FunctionName, FunctionArgument } from './function-library.js';

/** Fields of the hash `limits` that are limits for people; see lua/lib/limits.lua. */
const LIMIT = /^(?:global$|places$|(?:type|pool|job|places):)/;

/** Limits and pools in Redis; see the port in `@phi/core`. */
export class RedisLimitStore implements LimitStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async change({ limits = new Map(), enforcement_mode, pools = [] }: LimitChanges): Promise<void> {
    if (limits.size === 0 && enforcement_mode === undefined && pools.length === 0) return;
    const command = {
      limits: [...limits].map(([limit, value]) => [limit, value ?? false]),
      enforcement: enforcement_mode,
      pools: pools.map(encodePool),
    };
    await this.call('set-limits', [pack(command)]);
  }

  async all(): Promise<ReadonlyMap<string, number>> {
    const fields = await this.redis.hgetall(this.keys.key('limits'));
    const set = Object.entries(fields)
      .filter(([field, value]) => LIMIT.test(field) && value !== NO_LIMIT)
      .map(([limit, value]) => [limit, Number(value)] as const);
    return new Map([['global', DEFAULT_GLOBAL_MAX_CONCURRENT], ...set]);
  }

  async enforcementMode(): Promise<EnforcementMode> {
    const mode = await this.redis.hget(this.keys.key('limits'), 'enforcement');
    return mode === 'REJECT' ? mode : 'QUEUE';
  }

  async held(limits: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await Promise.all(
      // Whoever holds a place of a dedicated pool holds a slot of it.
      limits.map((limit) => this.redis.scard(this.keys.key(`slots:${limit.replace(/^places:/, 'pool:')}`))),
    );
    return new Map(limits.map((limit, index) => [limit, counts[index] ?? 0]));
  }

  poolNames(): Promise<readonly string[]> {
    return this.namesAfter('pool:');
  }

  async dedicatedPools(): Promise<readonly string[]> {
    const any = await this.redis.hexists(this.keys.key('limits'), 'dedicated_pools');
    return any === 0 ? [] : this.namesAfter('places:');
  }

  private async namesAfter(prefix: string): Promise<readonly string[]> {
    const fields = await this.redis.hkeys(this.keys.key('limits'));
    return fields
      .filter((field) => field.startsWith(prefix))
      .map((field) => field.slice(prefix.length))
      .sort();
  }

  async pool(name: string): Promise<PoolRecord | undefined> {
    const { redis, keys } = this;
    const fields = [`pool:${name}`, `capacity:${name}`, `paused:${name}`, `places:${name}`];
    const [settings, held, used] = await Promise.all([
      redis.hmget(keys.key('limits'), ...fields),
      redis.scard(keys.key(`slots:pool:${name}`)),
      redis.hget(keys.key('used'), `pool:${name}`),
    ]);
    const [limit, capacity, paused, places] = settings;
    if (limit === undefined || limit === null) return undefined;
    return {
      name,
      pool_concurrency_limit: limit === NO_LIMIT ? null : Number(limit),
      ...parseAmounts(capacity),
      paused: typeof paused === 'string',
      dedicated: typeof places === 'string',
      held,
      reserved: parseAmounts(used ?? '0,0,0,0'),
    };
  }

  async holders(pool: string, atMost: number): Promise<readonly string[]> {
    const key = this.keys.key(`slots:pool:${pool}`);
    return (await this.redis.srandmember(key, atMost)).sort();
  }

  async waiting(pool: string, atMost: number): Promise<readonly WaitingLane[]> {
    const prefix = `pool:${pool}|`;
    const entries = await this.redis.zrangebylex(
      this.keys.key('lanes'),
      `[${prefix}`,
      `(${prefix}\xff`,
      'LIMIT',
      0,
      atMost,
    );
    const found = await Promise.all(entries.map((entry) => this.lane(entry.slice('pool:'.length))));
    return found.filter((lane) => lane !== undefined);
  }

  /** @returns undefined where it is empty by now */
  private async lane(name: string): Promise<WaitingLane | undefined> {
    const { redis, keys } = this;
    const [, , request, , job_id = ''] = name.split('|');
    const [waiting, [execution_id], limit] = await Promise.all([
      redis.zcard(keys.key(`lane:${name}`)),
      redis.zrange(keys.key(`lane:${name}`), '0', '0'),
      redis.hget(keys.key('parked_on'), name),
    ]);
    if (execution_id === undefined) return undefined;
    return {
      job_id,
      waiting,
      execution_id,
      ...(request === undefined || request === '' ? {} : { request: parseAmounts(request) }),
      ...(limit === null ? {} : { parked_on: readLimit(limit) }),
    };
  }

  async removePool(
    name: string,
    graphId: string | undefined,
  ): Promise<'REMOVED' | 'UNKNOWN' | 'STALE_GRAPH'> {
    const [word] = await this.call('remove-pool', [name, graphId ?? '']);
    return word === 'REMOVED' || word === 'UNKNOWN' ? word : 'STALE_GRAPH';
  }

  private async call(name: FunctionName, args: readonly FunctionArgument[]): Promise<readonly unknown[]> {
    const reply = decodeReply(name, await this.library.call(name, args));
    announce(reply, this.listener);
    return reply.results;
  }
}

const NO_LIMIT = '-';

function encodePool({
  name,
  pool_concurrency_limit: limit,
  paused,
  dedicated,
  ...amounts
}: AuthoredPool): object {
  const capacity = amountChanges(amounts);
  return {
    name,
    // Lua has no word for null.
    limit: limit === null ? false : limit,
    capacity: capacity.some((amount) => amount !== false) ? capacity : undefined,
    paused,
    dedicated,
  };
}

/** Without the amounts: the lane says what they are. Which group of executors has no room follows from the pool. */
function readLimit(limit: string): string {
  const [scarce = limit] = limit.split('|');
  return scarce.startsWith('room:') ? 'room' : scarce;
}
