import {
  DEFAULT_GLOBAL_MAX_CONCURRENT,
  type Amounts,
  type AmountsRequest,
  type PoolRecord,
  type StoredPlanJob,
} from '@phi/core';

import { NOTHING, STORY_JOBS, STORY_POOLS, type AdmissionStep } from './admission-step.js';
import { createRoot, type StoreFixture } from './store-fixture.js';

const LEASE_MS = 86_400_000;

const NAMES = ['cpu_cores', 'memory_mb', 'disk_mb', 'network_bandwidth_mbps'] as const;

function listOf(amounts: Partial<Amounts>): number[] {
  return NAMES.map((name) => (amounts[name] ?? Infinity) * (name === 'cpu_cores' ? 1000 : 1));
}

function sumOf(requests: readonly AmountsRequest[]): number[] {
  return NAMES.map((_, index) => requests.reduce((sum, request) => sum + (request[index] ?? 0), 0));
}

/** What is not requested does not have to fit. */
function fits(
  request: readonly number[],
  into: readonly number[],
  used: readonly number[] = NOTHING,
): boolean {
  return request.every((amount, index) => amount === 0 || amount + (used[index] ?? 0) <= (into[index] ?? 0));
}

interface Executor {
  readonly size: number[];
  readonly places: number;
  readonly pools: readonly string[];
}

/**
 * Tells steps to a store, keeps its own account of them, and compares: who holds what, that it is within every bound, and that
 * whatever still waits when nothing runs could not run.
 */
export class AdmissionStory {
  private readonly open = new Map<string, StoredPlanJob>();
  private readonly running = new Map<string, string>();
  /** Those of them that wait for a remote module. */
  private readonly remote = new Set<string>();
  private readonly live = new Map<string, Executor>();
  private clockMs = 0;
  /** Upper bounds of sums and counts. One that was lowered below what is held is reached by waiting. */
  private over = new Map<string, readonly number[]>();
  /** Who held slots after the step before. */
  private holding: ReadonlySet<string> = new Set();

  private constructor(private readonly of: StoreFixture) {}

  static async begin(of: StoreFixture): Promise<AdmissionStory> {
    const keys = (await of.redis.keys(`${of.keys.prefix}*`)).filter((key) => !key.includes(':plan:'));
    if (keys.length > 0) await of.redis.unlink(...keys);
    of.admitted.length = 0;
    return new AdmissionStory(of);
  }

  async take(step: AdmissionStep): Promise<void> {
    await this.carryOut(step);
    for (let more = true; more;) more = await this.of.stores.executions.advance();
  }

  private async carryOut(step: AdmissionStep): Promise<unknown> {
    const { leases, limits } = this.of.stores;
    switch (step.kind) {
      case 'create':
        return this.create(step.job);
      case 'claim':
        return this.claim(pick(await this.admitted(), step.at), step.by);
      case 'end':
        return this.end(pick([...this.running.keys()], step.at), step.succeed);
      case 'cancel':
        return this.cancel(pick([...this.open.keys()], step.at));
      case 'remote':
        return this.turnRemote(pick([...this.running.keys()], step.at));
      case 'pool':
        return limits.change({ pools: [step.pool] });
      case 'limit':
        return limits.change({ limits: new Map([[step.name, step.limit]]) });
      case 'register':
        return this.register(step.by, step);
      case 'leave':
        this.live.delete(step.by);
        return leases.leave(step.by);
      case 'wait':
        return this.of.setClockOffset((this.clockMs += step.ms));
    }
  }

  private async create(jobId: string): Promise<void> {
    const job = STORY_JOBS.find((candidate) => candidate.job_id === jobId);
    if (job !== undefined) this.open.set(await createRoot(this.of, `plan-${jobId}`, jobId), job);
  }

  private async register(
    by: string,
    offer: { readonly size: Amounts; readonly places: number; readonly pools: readonly string[] },
  ): Promise<void> {
    this.live.set(by, { ...offer, size: listOf(offer.size) });
    await this.of.stores.leases.register({
      executor_id: by,
      lease_ms: LEASE_MS,
      places: offer.places,
      pools: offer.pools,
      resources: offer.size,
      information: {},
    });
  }

  /** NO_ROOM is right where it is placed elsewhere, and there is none. */
  private async claim(id: string | undefined, by: string): Promise<void> {
    if (id === undefined) return;
    const request = this.open.get(id)?.request ?? NOTHING;
    const placedOn = await this.of.redis.hget(this.of.keys.key('placements'), id);
    const result = await this.of.stores.executions.transition({
      event: 'CLAIM',
      execution_id: id,
      executor_id: by,
      nonce: `nonce-${id}`,
      op: `nonce-${id}`,
      actor: by,
    });
    if (result.ok) this.running.set(id, by);
    else if (result.refusal === 'NO_ROOM') {
      if (request === NOTHING || placedOn === by) throw new Error(`${by} had room for ${id}`);
    } else if (this.live.has(by)) throw new Error(`${by} could not claim ${id}: ${result.refusal}`);
  }

  private async end(id: string | undefined, succeed: boolean): Promise<void> {
    if (id === undefined) return;
    const base = { execution_id: id, nonce: `nonce-${id}`, op: `nonce-${id}`, actor: 'test' };
    const { executions } = this.of.stores;
    if (succeed) await executions.transition({ ...base, event: 'SUCCEED', result: '{}', completes: true });
    else
      await executions.transition({ ...base, event: 'FAIL', reason: 'EXEC_006_MODULE_FAILED', result: '{}' });
    this.running.delete(id);
    this.remote.delete(id);
    this.open.delete(id);
  }

  private async turnRemote(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    const waits = !this.remote.has(id);
    // Twice: a repeated call changes nothing more.
    for (let call = 0; call < 2; call++)
      await this.of.stores.executions.waitRemotely(id, `nonce-${id}`, waits);
    if (waits) this.remote.add(id);
    else this.remote.delete(id);
  }

  private async cancel(id: string | undefined): Promise<void> {
    if (id === undefined || this.running.has(id)) return;
    await this.of.stores.executions.transition({ event: 'CANCEL', execution_id: id, actor: 'test' });
    this.open.delete(id);
  }

  private admitted(): Promise<string[]> {
    return this.of.redis.zrange(this.of.keys.key('admitted'), '0', '-1');
  }

  private requestsOf(ids: Iterable<string>): AmountsRequest[] {
    return [...ids].map((id) => this.open.get(id)?.request ?? NOTHING);
  }

  /** Everything that holds its slots is accounted for, and no bound is exceeded. */
  async check(): Promise<void> {
    const { redis, keys, stores } = this.of;
    const [admitted, slots, placements, pools, limits, executors] = await Promise.all([
      this.admitted(),
      redis.smembers(keys.key('slots:global')),
      redis.hgetall(keys.key('placements')),
      this.pools(),
      stores.limits.all(),
      stores.leases.list(),
    ]);
    const holding = [...admitted, ...this.running.keys()].sort();
    same('slots', slots.sort(), holding);
    same(
      'placed',
      Object.keys(placements).sort(),
      holding.filter((id) => this.open.get(id)?.request !== undefined && !this.remote.has(id)),
    );
    const over = new Map<string, readonly number[]>();
    /** @param joined - how many of them held their slots before, and are counted here only since this step */
    const bounded = (name: string, sum: readonly number[], bound: readonly number[], joined = 0): void => {
      const before = this.over.get(name);
      if (sum.every((amount, index) => amount <= (bound[index] ?? 0))) return;
      // Only what was there when the bound was lowered may be above it.
      const isNew = before === undefined;
      if (
        !isNew &&
        !this.cameBack &&
        sum.some((amount, index) => amount - joined > Math.max(bound[index] ?? 0, before[index] ?? 0))
      )
        throw new Error(`${name} exceeded: ${JSON.stringify(sum)} of ${JSON.stringify(bound)}`);
      if (isNew && !this.wasLowered)
        throw new Error(`${name} exceeded: ${JSON.stringify(sum)} of ${JSON.stringify(bound)}`);
      over.set(name, sum);
    };
    for (const record of pools) {
      const members = holding.filter((id) => this.open.get(id)?.resource_pool === record.name);
      const started = members.filter((id) => !this.holding.has(id));
      if (record.paused && started.length > 0) throw new Error(`${started.join(', ')} of a paused pool`);
      same(`${record.name} held`, record.held, members.length);
      const sum = sumOf(this.requestsOf(members));
      same(`${record.name} used`, listOf(record.reserved), sum);
      bounded(`${record.name} count`, [members.length], [record.pool_concurrency_limit ?? Infinity]);
      bounded(`${record.name} capacity`, sum, listOf(record));
    }
    for (const [name, limit] of limits) {
      if (/^(?:global|type:|job:)/.test(name)) bounded(name, [this.count(name, holding)], [limit]);
    }
    for (const { executor_id, reserved } of executors) {
      const placed = Object.keys(placements).filter((id) => placements[id] === executor_id);
      const sum = sumOf(this.requestsOf(placed));
      same(`${executor_id} used`, listOf(reserved), sum);
      bounded(executor_id, sum, this.live.get(executor_id)?.size ?? NOTHING);
    }
    const dedicated = new Set(pools.filter((record) => record.dedicated).map(({ name }) => name));
    const isCommon = (id: string): boolean => !dedicated.has(this.open.get(id)?.resource_pool ?? '');
    const common = holding.filter(isCommon);
    const commonRemote = common.filter((id) => this.remote.has(id)).length;
    same('remote', Number((await redis.hget(keys.key('limits'), 'remote')) ?? 0), commonRemote);
    const offered = [...this.live.values()].filter((executor) => executor.pools.length === 0);
    const places = 2 * offered.reduce((sum, executor) => sum + executor.places, 0);
    const used = common.length - commonRemote;
    const isHere = new Set(common.filter((id) => !this.remote.has(id)));
    const joined = [...isHere].filter((id) => this.holding.has(id) && this.setApart.has(id)).length;
    bounded('places', [used], [places], joined);
    const ready = await redis.zunion(2, keys.key('ready'), keys.key('ready_static'));
    if (
      ready.length > 0 &&
      used < places &&
      slots.length < (limits.get('global') ?? DEFAULT_GLOBAL_MAX_CONCURRENT)
    )
      throw new Error(`${ready.join(', ')} are ready and not admitted`);
    this.over = over;
    this.setApart = new Set(holding.filter((id) => !isCommon(id)));
    this.holding = new Set(holding);
  }

  private async pools(): Promise<PoolRecord[]> {
    const { limits } = this.of.stores;
    const found = await Promise.all((await limits.poolNames()).map((name) => limits.pool(name)));
    return found.filter((record) => record !== undefined);
  }

  private count(limit: string, holding: readonly string[]): number {
    return holding.filter((id) => {
      const job = this.open.get(id);
      return ['global', `type:${job?.job_type ?? ''}`, `job:${job?.job_id ?? ''}`].includes(limit);
    }).length;
  }

  /** What held its slots in a dedicated pool at the last look. */
  private setApart: ReadonlySet<string> = new Set();
  private wasLowered = false;
  private cameBack = false;

  /** A step may lower bounds; every other leaves what is within them within. */
  async tell(step: AdmissionStep): Promise<void> {
    // What comes back takes its place whoever is there.
    this.wasLowered = ['pool', 'limit', 'register', 'leave', 'remote'].includes(step.kind);
    const away = this.remote.size;
    await this.take(step);
    this.cameBack = step.kind === 'remote' && this.remote.size < away;
    await this.check();
    this.cameBack = false;
  }

  /** Runs whatever starts, until nothing does. */
  async runDry(): Promise<void> {
    this.wasLowered = false;
    for (;;) {
      const admitted = await this.admitted();
      for (const id of this.running.keys()) await this.end(id, true);
      // What is placed nowhere keeps its slots when the last executor leaves.
      if (this.live.size === 0 || (admitted.length === 0 && (await this.admitted()).length === 0)) return;
      for (const id of admitted) {
        const by =
          (await this.of.redis.hget(this.of.keys.key('placements'), id)) ?? [...this.live.keys()][0] ?? '';
        await this.claim(id, by);
      }
      for (let more = true; more;) more = await this.of.stores.executions.advance();
      await this.check();
    }
  }

  /** What is left when nothing runs is what could not run even alone. */
  async checkRest(): Promise<void> {
    const pools = new Map((await this.pools()).map((record) => [record.name, record]));
    const admitted = new Set(await this.admitted());
    for (const [id, job] of this.open) {
      if (!admitted.has(id) && this.couldRun(job, pools.get(job.resource_pool)))
        throw new Error(`${id} of ${job.job_id} waits for nothing`);
    }
  }

  private couldRun(job: StoredPlanJob, record: PoolRecord | undefined): boolean {
    const request = job.request ?? NOTHING;
    if (record?.paused === true || (record !== undefined && !fits(request, listOf(record)))) return false;
    return [...this.live.values()].some(({ size: has, places, pools }) => {
      const serves = record?.dedicated === true ? pools.includes(job.resource_pool) : pools.length === 0;
      return places > 0 && serves && fits(request, has);
    });
  }

  async makeRoom(): Promise<void> {
    const unlimited = { pool_concurrency_limit: null, cpu_cores: null, memory_mb: null };
    const pools = STORY_POOLS.map((name) => ({ name, ...unlimited, paused: false, dedicated: false }));
    await this.of.stores.limits.change({ pools });
    const all = { cpu_cores: null, memory_mb: null, disk_mb: null, network_bandwidth_mbps: null };
    await this.take({ kind: 'register', by: 'huge', size: all, places: 100, pools: [] });
  }

  async checkEmpty(): Promise<void> {
    if (this.open.size > 0) throw new Error(`left over: ${[...this.open.keys()].join(', ')}`);
    for (const pool of STORY_POOLS) await this.of.stores.limits.removePool(pool, undefined);
    const { redis, keys } = this.of;
    const left = (await redis.keys(`${keys.prefix}*`)).map((key) => key.slice(keys.prefix.length));
    const queues =
      /^(?:lane|lanes|parked|ready|admitted|slots|held|used|placements|placed_on|blocked|shapes|to_wake|to_rehome|remote_waits)(?:$|[:_])/;
    same(
      'keys left',
      left.filter((key) => queues.test(key)),
      [],
    );
    const ofPools = STORY_POOLS.map((pool) => `remote:${pool}`);
    const names = ['apart', 'static_lanes', 'dedicated_pools', 'remote', ...ofPools];
    const counts = await redis.hmget(keys.key('limits'), ...names);
    same(
      'counts left',
      counts.filter((count) => count !== null),
      [],
    );
  }
}

function pick<Item>(items: readonly Item[], at: number): Item | undefined {
  return items[at % Math.max(1, items.length)];
}

function same(what: string, found: unknown, expected: unknown): void {
  const [one, other] = [JSON.stringify(found), JSON.stringify(expected)];
  if (one !== other) throw new Error(`${what}: ${one}, and not ${other}`);
}
