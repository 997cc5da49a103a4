import {
  DEFAULT_GLOBAL_MAX_CONCURRENT,
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

import { readable, unpackSealed } from './codec.js';
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
    const lane = laneNameOf(record);
    const [standing, lanes] = await this.readStanding(record, lane);
    if (lanes === undefined) return standing;
    const ahead = await this.lanesAhead(lanes);
    const before_in_others = await this.countBefore(ahead.slice(0, LANES_COUNTED), lanes);
    return { ...standing, before_in_others, is_exact: ahead.length <= LANES_COUNTED };
  }

  async planned({ plan_id, job_id }: ExecutionRecord): Promise<PlannedExecution> {
    const plan = this.keys.key(`plan:${plan_id}`);
    const [job, dependents] = await this.redis.hmgetBuffer(plan, `job:${job_id}`, `dependents:${job_id}`);
    return {
      ...(job ? jobIn(job) : {}),
      dependents: dependents ? ((unpackSealed(dependents) ?? []) as readonly string[]) : [],
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
    const records = found.flatMap((bytes) => (bytes === null ? [] : readable(bytes)));
    return new Map(records.map((record) => [record.execution_id, record]));
  }

  /** @returns the standing but for who is ahead in other lanes, and where to look for these unless it is admitted */
  private async readStanding(
    record: ExecutionRecord,
    lane: string,
  ): Promise<[QueueStanding, QueuedLane | undefined]> {
    const { execution_id, job_id } = record;
    const key = (suffix: string): string => this.keys.key(suffix);
    const counted = limitsOf(record);
    const names = [...counted.map(({ name }) => name), 'global'];
    const sets = [...counted.map(({ set }) => set), 'global'];
    const pipeline = this.redis
      .multi()
      .zscore(key('admitted'), execution_id)
      .get(key(`delivery:${execution_id}`))
      .zrank(key(`lane:${lane}`), execution_id)
      .zscore(key(`lane:${lane}`), execution_id)
      .hget(key('parked_on'), lane)
      .hmget(key('limits'), ...names, 'places', 'apart')
      .hgetBuffer(key('windows'), job_id);
    for (const set of sets)
      pipeline.scard(key(`slots:${set}`)).srandmember(key(`slots:${set}`), HOLDERS_READ);
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
    const isDedicated = typeof numbers[DEDICATED_AT] === 'string';
    const standing: QueueStanding = {
      ...(deadline === null ? {} : { delivered_ms: Number(deadline) - CLAIM_DEADLINE_MS }),
      redelivered: Number(redelivered ?? 0),
      before_in_lane: rank ?? 0,
      before_in_others: 0,
      is_exact: true,
      limits: counted.flatMap(({ name }, at) => {
        const number = numbers[at];
        // A pool that is known and has no limit of its own has no number.
        return typeof number === 'string' && number !== '-' ? [standingOf(name, at, Number(number))] : [];
      }),
      global: standingOf(
        'global',
        names.length - 1,
        Number(numbers[names.length - 1] ?? DEFAULT_GLOBAL_MAX_CONCURRENT),
      ),
      places: isDedicated ? Infinity : Number(numbers[names.length] ?? 0),
      apart: Number(numbers[names.length + 1] ?? 0),
      ...(parkedOn === null ? {} : { parked_on: parkedOn.split('|')[0] ?? parkedOn }),
      ...(window === null ? {} : windowIn(window)),
    };
    return [
      standing,
      score === null
        ? undefined
        : { lane, score, parkedOn, isDedicated, ages: record.static_priority !== true },
    ];
  }

  /** The lanes whose heads stand before an execution at what its own lane waits for, one more than are counted. */
  private async lanesAhead(queued: QueuedLane): Promise<string[]> {
    const { lane } = queued;
    const queue = this.keys.key(queueOf(queued));
    const before = `(${rankOf(queued)}`;
    const ahead = await this.redis.zrangebyscore(queue, '-inf', before, 'LIMIT', 0, LANES_COUNTED + 2);
    return ahead.filter((other) => other !== lane).slice(0, LANES_COUNTED + 1);
  }

  private async countBefore(lanes: readonly string[], { lane: own, score }: QueuedLane): Promise<number> {
    if (lanes.length === 0) return 0;
    const pipeline = this.redis.pipeline();
    // What does not age goes by its priority first.
    for (const lane of lanes)
      pipeline.zcount(
        this.keys.key(`lane:${lane}`),
        '-inf',
        priorityIn(lane) === priorityIn(own) ? `(${score}` : '+inf',
      );
    const counts = (await answersOf(pipeline)) as number[];
    return counts.reduce((sum, count) => sum + count, 0);
  }
}

/** Where an execution waits in the queue. */
interface QueuedLane {
  readonly lane: string;
  readonly score: string;
  readonly parkedOn: string | null;
  readonly isDedicated: boolean;
  readonly ages: boolean;
}

/** Where its lane stands; see lua/lib/parking.lua. What ages and what does not are counted each by itself. */
function queueOf({ parkedOn, isDedicated, ages }: QueuedLane): string {
  const kind = ages ? '' : '_static';
  if (parkedOn !== null) return `parked${kind}:${parkedOn}`;
  return `ready${isDedicated ? '_dedicated' : ''}${kind}`;
}

/** The priority of a lane that does not age; empty for one that does. */
function priorityIn(lane: string): string {
  return lane.split('|')[3] ?? '';
}

/** How a priority that does not age goes before waiting; see lua/lib/lanes.lua. */
const PRIORITY_MS = 4_398_046_511_104;

/** The rank that its lane would have among others if it were the head. */
function rankOf({ lane, score, ages }: QueuedLane): string {
  return ages ? score : String(Math.floor(Number(score) / 1000) - Number(priorityIn(lane)) * PRIORITY_MS);
}

/** The lane of an execution; see lua/lib/lanes.lua. */
function laneNameOf(record: ExecutionRecord): string {
  const { resource_pool, job_type, request, static_priority, priority, job_id } = record;
  const shape = request === undefined ? '' : request.join(',');
  return [resource_pool, job_type, shape, static_priority === true ? String(priority) : '', job_id].join('|');
}

/** The names of the limits that an execution counts against beside the global one, the most specific first. */
function limitsOf({ job_id, resource_pool, job_type }: ExecutionRecord): { name: string; set: string }[] {
  const pool = `pool:${resource_pool}`;
  const [job, type] = [`job:${job_id}`, `type:${job_type}`];
  return [
    { name: job, set: job },
    { name: pool, set: pool },
    { name: type, set: type },
    // Whoever has a place of a dedicated pool holds a slot of it.
    { name: `places:${resource_pool}`, set: pool },
  ];
}

/** Where among them is what only a dedicated pool has. */
const DEDICATED_AT = 3;

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

/** Nothing where it cannot be read: recovery makes it again. */
function jobIn(bytes: Uint8Array): { readonly job?: StoredPlanJob } {
  const job = unpackSealed(bytes);
  return job === undefined ? {} : { job: job as StoredPlanJob };
}

function windowIn(bytes: Uint8Array): { readonly window?: WindowEntry } {
  const window = unpackSealed(bytes);
  return window === undefined ? {} : { window: window as WindowEntry };
}
