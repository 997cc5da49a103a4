import {
  DEFAULT_GLOBAL_MAX_CONCURRENT,
  laneOf,
  type ExecutionRecord,
  type ExplainStore,
  type LatestOf,
  type LimitStanding,
  type PlannedExecution,
  type QueueStanding,
  type StoredPlanJob,
  type WindowEntry,
} from '@phi/core';
import type { ChainableCommander, Redis } from 'ioredis';

import { decodeRecord, unpack } from './codec.js';
import type { Keys } from './keys.js';

/** Holders of a limit that are read: enough to tell when the next slot is free. */
const HOLDERS_READ = 100;
/** The same as in lua/lib/admission.lua. */
const CLAIM_DEADLINE_MS = 5000;
/** Lanes that are counted before an execution's own. */
const LANES_COUNTED = 100;

/** What explanations read of admission, dependencies and plans; see the port in `@phi/core`. */
export class RedisExplainStore implements ExplainStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async queueStanding(record: ExecutionRecord): Promise<QueueStanding> {
    const lane = laneOf(record);
    const [standing, lanes] = await this.readStanding(record, lane);
    if (lanes === undefined) return standing;
    const ahead = await this.lanesAhead(lanes);
    const before_in_others = await this.countBefore(ahead.slice(0, LANES_COUNTED), lanes.score);
    return { ...standing, before_in_others, is_exact: ahead.length <= LANES_COUNTED };
  }

  async planned({ plan_id, job_id }: ExecutionRecord): Promise<PlannedExecution> {
    const plan = this.keys.key(`plan:${plan_id}`);
    const [job, dependents] = await this.redis.hmgetBuffer(plan, `job:${job_id}`, `dependents:${job_id}`);
    return {
      ...(job ? { job: unpack(job) as StoredPlanJob } : {}),
      dependents: dependents ? (unpack(dependents) as readonly string[]) : [],
    };
  }

  async latest(jobs: readonly LatestOf[]): Promise<readonly (ExecutionRecord | undefined)[]> {
    if (jobs.length === 0) return [];
    const pipeline = this.redis.pipeline();
    for (const job of jobs) this.findLatest(pipeline, job);
    const found = (await answersOf(pipeline)) as string[][];
    // A run's root is in no list of the run.
    const candidates = jobs.map(({ run_id }, at) => [
      ...(found[at] ?? []),
      ...(run_id === undefined ? [] : [run_id]),
    ]);
    const records = await this.recordsOf([...new Set(candidates.flat())]);
    return jobs.map(({ job_id }, at) =>
      newest(
        (candidates[at] ?? []).flatMap((id) => records.get(id) ?? []),
        job_id,
      ),
    );
  }

  private findLatest(pipeline: ChainableCommander, { job_id, run_id }: LatestOf): void {
    const ofJob = this.keys.key(`job_executions:${job_id}`);
    if (run_id === undefined) pipeline.zrevrange(ofJob, 0, 0);
    else pipeline.zinter(2, ofJob, this.keys.key(`run_executions:${run_id}`));
  }

  private async recordsOf(ids: readonly string[]): Promise<ReadonlyMap<string, ExecutionRecord>> {
    if (ids.length === 0) return new Map();
    const found = await this.redis.mgetBuffer(ids.map((id) => this.keys.key(`x:${id}`)));
    const records = found.flatMap((bytes) => (bytes === null ? [] : [decodeRecord(bytes)]));
    return new Map(records.map((record) => [record.execution_id, record]));
  }

  /** @returns the standing but for who is ahead in other lanes, and where to look for these unless it is admitted */
  private async readStanding(
    record: ExecutionRecord,
    lane: string,
  ): Promise<[QueueStanding, QueuedLane | undefined]> {
    const { execution_id, job_id } = record;
    const key = (suffix: string): string => this.keys.key(suffix);
    const names = [...limitsOf(record), 'global'];
    const pipeline = this.redis
      .multi()
      .zscore(key('admitted'), execution_id)
      .get(key(`delivery:${execution_id}`))
      .zrank(key(`lane:${lane}`), execution_id)
      .zscore(key(`lane:${lane}`), execution_id)
      .hget(key('parked_on'), lane)
      .hmget(key('limits'), ...names, 'places')
      .hgetBuffer(key('windows'), job_id);
    for (const name of names)
      pipeline.scard(key(`slots:${name}`)).srandmember(key(`slots:${name}`), HOLDERS_READ);
    const [deadline, redelivered, rank, score, parkedOn, numbers, window, ...slots] = (await answersOf(
      pipeline,
    )) as [
      string | null,
      string | null,
      number | null,
      string | null,
      string | null,
      (string | null)[],
      Buffer | null,
      ...(number | string[])[],
    ];
    const standingOf = (name: string, at: number, limit: number): LimitStanding => ({
      name,
      limit,
      held: slots[2 * at] as number,
      holders: slots[2 * at + 1] as string[],
    });
    const standing: QueueStanding = {
      ...(deadline === null ? {} : { delivered_ms: Number(deadline) - CLAIM_DEADLINE_MS }),
      redelivered: Number(redelivered ?? 0),
      before_in_lane: rank ?? 0,
      before_in_others: 0,
      is_exact: true,
      limits: limitsOf(record).flatMap((name, at) => {
        const number = numbers[at];
        return typeof number === 'string' ? [standingOf(name, at, Number(number))] : [];
      }),
      global: standingOf(
        'global',
        names.length - 1,
        Number(numbers[names.length - 1] ?? DEFAULT_GLOBAL_MAX_CONCURRENT),
      ),
      places: Number(numbers[names.length] ?? 0),
      ...(window === null ? {} : { window: unpack(window) as WindowEntry }),
    };
    return [standing, score === null ? undefined : { lane, score, parkedOn }];
  }

  /** The lanes whose heads stand before an execution at what its own lane waits for, one more than are counted. */
  private async lanesAhead({ lane, score, parkedOn }: QueuedLane): Promise<string[]> {
    const queue = this.keys.key(parkedOn === null ? 'ready' : `parked:${parkedOn}`);
    const ahead = await this.redis.zrangebyscore(queue, '-inf', `(${score}`, 'LIMIT', 0, LANES_COUNTED + 2);
    return ahead.filter((other) => other !== lane).slice(0, LANES_COUNTED + 1);
  }

  private async countBefore(lanes: readonly string[], score: string): Promise<number> {
    if (lanes.length === 0) return 0;
    const pipeline = this.redis.pipeline();
    for (const lane of lanes) pipeline.zcount(this.keys.key(`lane:${lane}`), '-inf', `(${score}`);
    const counts = (await answersOf(pipeline)) as number[];
    return counts.reduce((sum, count) => sum + count, 0);
  }
}

/** Where an execution waits in the queue. */
interface QueuedLane {
  readonly lane: string;
  readonly score: string;
  readonly parkedOn: string | null;
}

/** The names of the limits that an execution counts against beside the global one, the most specific first. */
function limitsOf({ job_id, resource_pool, job_type }: ExecutionRecord): string[] {
  return [`job:${job_id}`, `pool:${resource_pool}`, `type:${job_type}`];
}

function newest(records: readonly ExecutionRecord[], jobId: string): ExecutionRecord | undefined {
  return records
    .filter(({ job_id }) => job_id === jobId)
    .toSorted((a, b) => b.created_time - a.created_time || b.attempt_number - a.attempt_number)[0];
}

/** @throws what a command of it answered with */
async function answersOf(pipeline: ChainableCommander): Promise<unknown[]> {
  const answers = (await pipeline.exec()) ?? [];
  return answers.map(([error, answer]) => {
    if (error !== null) throw error;
    return answer;
  });
}
