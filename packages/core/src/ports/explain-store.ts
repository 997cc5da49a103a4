import type { ExecutionRecord, StoredPlanJob } from './execution-store.js';
import type { WindowEntry } from './window-store.js';

/** A limit with who holds its slots. */
export interface LimitStanding {
  /** `global`, `pool:<name>`, `places:<name>`, `type:<job_type>` or `job:<job_id>`. */
  readonly name: string;
  readonly limit: number;
  readonly held: number;
  /** Some of those that do, bounded. */
  readonly holders: readonly string[];
}

/** How a QUEUED execution stands in the queue. */
export interface QueueStanding {
  /** When it was last handed to the delivery queue, epoch milliseconds; absent until it is admitted. */
  readonly delivered_ms?: number;
  /** How often it was delivered again. */
  readonly redelivered: number;
  /** How many of its lane stand before it. */
  readonly before_in_lane: number;
  /** How many of other lanes stand before it at what its own lane waits for. */
  readonly before_in_others: number;
  /** False where there are more than were counted. */
  readonly is_exact: boolean;
  /** The limits of its job that are set, the most specific first. */
  readonly limits: readonly LimitStanding[];
  readonly global: LimitStanding;
  /** What the executors offer together that serve it; Infinity where the limits have it, as `places:<pool>`. */
  readonly places: number;
  /** Of those that hold their slots, those that have a place of a dedicated pool. */
  readonly apart: number;
  /** What its lane is parked on: a limit, `paused:<pool>`, `amounts:<pool>`, `room:<group>` or `window:<job_id>`. */
  readonly parked_on?: string;
  readonly window?: WindowEntry;
}

/** What an execution was planned with. */
export interface PlannedExecution {
  /** Absent where the plan is not kept any more. */
  readonly job?: StoredPlanJob;
  /** The jobs of its run that depend on it. */
  readonly dependents: readonly string[];
}

/** A job, and the run in which its latest execution is asked for; any, where it is left out. */
export interface LatestOf {
  readonly job_id: string;
  readonly run_id?: string;
}

/** What an explanation is made from beside the records (docs/adr/0017-explain.md). It only reads. */
export interface ExplainStore {
  queueStanding(record: ExecutionRecord): Promise<QueueStanding>;
  planned(record: ExecutionRecord): Promise<PlannedExecution>;
  /** The latest execution of each job, in their order; undefined where there is none. */
  latest(jobs: readonly LatestOf[]): Promise<readonly (ExecutionRecord | undefined)[]>;
}
