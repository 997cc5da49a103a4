import type { CheckpointSlot } from '../checkpoints/stored-checkpoint.js';
import type { ExhaustionCode } from '../resources/watched-resources.js';
import type { EnforcementMode } from '../schema/limits.js';
import type { AuthoredPool, Pool } from '../schema/pool.js';
import type { ArrivalStore } from './arrival-store.js';
import type { DeadLetterStore } from './dead-letter-store.js';
import type { Delivery } from './delivery-queue.js';
import type { EpochStore } from './epoch-store.js';
import type { EventStore, FlushCommand } from './event-store.js';
import type { ExecutionStore, Page, StoredPlanEdge } from './execution-store.js';
import type { ExplainStore } from './explain-store.js';
import type { ExhaustionStore } from './exhaustion-store.js';
import type { HistoryStore } from './history-store.js';
import type { IntegrityStore } from './integrity-store.js';
import type { RedriveStore } from './redrive-store.js';
import type { RemoteJobStore } from './remote-job-store.js';
import type { RepairStore } from './repair-store.js';
import type { ScheduleRegistration, ScheduleStore } from './schedule-store.js';
import type { ServerStore } from './server-store.js';
import type { WindowEntry, WindowStore } from './window-store.js';

export const RUN_STATUSES = ['running', 'succeeded', 'failed', 'cancelled'] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];

/** One pass of a pipeline: everything that one root execution started. Times in epoch milliseconds. */
export interface RunRecord {
  readonly run_id: string;
  readonly job_id: string;
  readonly trigger_type: string;
  readonly status: RunStatus;
  readonly created_time: number;
  readonly finished_time?: number;
  /** Executions and unfinished releases that keep it running. */
  readonly open: number;
}

/** Opens a pass of a run (docs/adr/0019-passes.md). */
export interface PassCommand {
  readonly run_id: string;
  /** The number of the latest pass: another one may be opened only once it is known. */
  readonly expected_pass: number;
  /** A repeated call with the same operation id gets the first answer. */
  readonly op: string;
  /** The chains to run again, each by any of its attempts. */
  readonly roots: readonly { readonly execution_id: string }[];
  /** The jobs that the pass runs again, those of the roots included. */
  readonly members: readonly string[];
  readonly actor: string;
  readonly detail?: string;
  /** Refused as QUEUE_FULL when so many executions are queued. */
  readonly capacity?: number;
  /** The plan that the pass goes by, with every job of `members`; left out: the one of each chain. */
  readonly plan_id?: string;
}

/** A pass that a request has opened. */
export interface OpenedPass {
  readonly pass: number;
  /** The jobs that it began with. */
  readonly from: readonly string[];
  /** The jobs after them. */
  readonly after: readonly string[];
}

export type PassResult =
  | { readonly ok: true; readonly pass: number; readonly repeated: boolean }
  | {
      readonly ok: false;
      /** STALE_PASS: another pass was opened since. OPEN: a chain to be run again has not ended. */
      readonly refusal:
        | 'STALE_PASS'
        | 'OPEN'
        | 'QUEUE_FULL'
        | 'UNKNOWN_PLAN'
        | 'UNKNOWN_EXECUTION'
        | 'UPGRADE_REQUIRED'
        | 'CORRUPT_RECORD';
    }
  | { readonly ok: false; readonly refusal: 'EXHAUSTED'; readonly reason: ExhaustionCode };

export interface RunStore {
  /** The number of a run's latest pass, from 1. */
  latestPass(runId: string): Promise<number>;
  /** The pass that an operation has opened already. */
  passOpenedBy(runId: string, op: string): Promise<OpenedPass | undefined>;
  openPass(command: PassCommand): Promise<PassResult>;
  /** For some jobs of a run's plan, the jobs that wait for each inside the run. */
  dependentsOf(planId: string, jobIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
  get(runId: string): Promise<RunRecord | undefined>;
  /** The ids of a run's executions, oldest first. */
  executions(runId: string): Promise<readonly string[]>;
  list(options: { readonly limit: number; readonly cursor?: string }): Promise<Page<RunRecord>>;
}

/** Amounts of the four resources (specification: ResourceRequest); `null` is no limit. */
export type Amounts = Pick<Pool, 'cpu_cores' | 'memory_mb' | 'disk_mb' | 'network_bandwidth_mbps'>;

export interface ExecutorRegistration {
  readonly executor_id: string;
  /** That it changes what it has registered with: nothing happens where its lease was taken back meanwhile. Default: false. */
  readonly again?: boolean;
  /** How long the lease lasts unless renewed, in milliseconds. */
  readonly lease_ms: number;
  /** How many executions it runs at once; 0 while it drains. */
  readonly places: number;
  /** The pools it serves; none: every pool that is not dedicated. */
  readonly pools?: readonly string[];
  /** What it has; what is left out is not limited. */
  readonly resources?: Partial<Amounts>;
  readonly information: Readonly<Record<string, string | number>>;
}

export interface ExecutorRecord {
  readonly executor_id: string;
  readonly places: number;
  /** The pools it serves; none: every pool that is not dedicated. */
  readonly pools: readonly string[];
  readonly resources: Amounts;
  /** What the executions placed on it request in sum. */
  readonly reserved: Amounts;
  /** Epoch milliseconds, Redis' clock. */
  readonly lease_expires: number;
  readonly running: number;
  readonly information: Readonly<Record<string, string | number>>;
}

/** A lease that was taken back stays lost. */
export type LeaseRenewal =
  | { readonly held: false }
  | {
      readonly held: true;
      /** The executions that were asked to stop. */
      readonly to_stop: readonly string[];
      /** Every execution that stands as claimed by this executor. */
      readonly holds: readonly string[];
    };

/** What an executor reports of a body that it runs (Rule 13). */
export interface BodyReport {
  readonly execution_id: string;
  /** How long ago its last heartbeat was, in milliseconds. */
  readonly silent_ms: number;
  /** The stage that last told of its progress; absent before any has. */
  readonly stage?: string;
  /** What that stage had handled. */
  readonly records_processed?: number;
}

/** What was last reported of a body, by Redis' clock. */
export interface BodyVitals {
  /** Epoch milliseconds. */
  readonly last_heartbeat: number;
  readonly stage?: string;
  readonly records_processed?: number;
}

/** Leases: one for each executor process. */
export interface LeaseStore {
  register(registration: ExecutorRegistration): Promise<void>;
  /** @param bodies - everything that runs under it; they replace what was reported before */
  renew(executorId: string, leaseMs: number, bodies?: readonly BodyReport[]): Promise<LeaseRenewal>;
  /** What was last reported of a body; undefined before its executor has. */
  vitals(executorId: string, executionId: string): Promise<BodyVitals | undefined>;
  leave(executorId: string): Promise<void>;
  /** Takes every expired lease back for good. @returns whose they were */
  evictExpired(): Promise<readonly string[]>;
  /** Evicted executors that still hold executions, with what they hold. */
  evicted(): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Strikes an evicted executor that holds nothing any more. */
  forget(executorId: string): Promise<void>;
  list(): Promise<readonly ExecutorRecord[]>;
}

/** A definition as registered: one revision of a job. */
export interface JobRegistration {
  readonly job_id: string;
  /** Counts from 1; Phi's own, beside the author's `version`. */
  readonly revision: number;
  /** JSON text of the resolved JobDefinition. */
  readonly definition: string;
  readonly author: string;
  /** Epoch milliseconds. */
  readonly time: number;
  readonly reason?: string;
}

/** An active trigger as registered. */
export interface TriggerRegistration {
  readonly trigger_id: string;
  /** Tells one configuration of the trigger from another: a change waits until it holds no events. */
  readonly digest: string;
}

export interface RegisterCommand {
  readonly expected_graph_id?: string;
  readonly graph_id: string;
  readonly jobs: readonly {
    readonly registration: JobRegistration;
    /** `concurrency.max_running`; absent where the job has no limit. */
    readonly max_running?: number;
    readonly schedule?: ScheduleRegistration;
    readonly window?: WindowEntry;
    readonly triggers?: readonly TriggerRegistration[];
    /** Its edges that take each outcome of an upstream, from outside a run. */
    readonly each?: readonly StoredPlanEdge[];
  }[];
  readonly removed: readonly string[];
  /** The instants until which configurations of schedules hold that may be in force now, epoch ms by schedule_id. */
  readonly ends: Readonly<Record<string, number>>;
  /** Of triggers that are changed or taken away: carried out just before, so that no event comes in between. */
  readonly flushes: readonly FlushCommand[];
}

export type RegisterResult =
  | { readonly word: 'REGISTERED' | 'CONFLICT' }
  /**
   * Fire times of these schedules must be settled first (docs/adr/0008-tick-ledger.md); where there are none, triggers that are
   * changed or taken away must be flushed (docs/adr/0010-events.md).
   */
  | { readonly word: 'UNSETTLED'; readonly schedule_ids: readonly string[] };

export interface JobStore {
  graphId(): Promise<string | undefined>;
  all(): Promise<readonly JobRegistration[]>;
  revision(jobId: string, revision: number): Promise<JobRegistration | undefined>;
  /** The last revision of each job that ever had one, removed ones too. */
  lastRevisions(jobIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  revisions(jobId: string): Promise<readonly JobRegistration[]>;
  /** Whole or not at all. */
  register(command: RegisterCommand): Promise<RegisterResult>;
}

/** Changes of limits and pools; what is left out stays as it is. */
export interface LimitChanges {
  /** By name: `global`, `type:<job_type>`, `job:<job_id>`; undefined takes one away. */
  readonly limits?: ReadonlyMap<string, number | undefined>;
  readonly enforcement_mode?: EnforcementMode;
  readonly pools?: readonly AuthoredPool[];
}

/** A pool that is known: its settings and what is held of it. */
export interface PoolRecord extends Pool {
  /** How many executions hold a slot of it. */
  readonly held: number;
  /** What those request in sum. */
  readonly reserved: Amounts;
}

/** What waits of one job in a pool, all with the same request. */
export interface WaitingLane {
  readonly job_id: string;
  readonly waiting: number;
  /** The one that comes first. */
  readonly execution_id: string;
  /** Absent where it requests nothing. */
  readonly request?: Amounts;
  /**
   * What it waits for: a limit; `window:<job_id>`; `paused:<pool>`; `amounts:<pool>`, the pool's capacity; `room`, an executor with
   * room. Absent where it waits for nothing but its turn.
   */
  readonly parked_on?: string;
}

/** Limits and pools (specification: Parallelism Control). */
export interface LimitStore {
  /** All of it at once. */
  change(changes: LimitChanges): Promise<void>;
  /** Limits by name: `global`, `type:<job_type>`, `pool:<name>`, `job:<job_id>`. */
  all(): Promise<ReadonlyMap<string, number>>;
  enforcementMode(): Promise<EnforcementMode>;
  /** How many hold a slot of each limit named. */
  held(limits: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The names of all pools that are known, in order. */
  poolNames(): Promise<readonly string[]>;
  dedicatedPools(): Promise<readonly string[]>;
  pool(name: string): Promise<PoolRecord | undefined>;
  /** Some of the executions that hold a slot of a known pool. */
  holders(pool: string, atMost: number): Promise<readonly string[]>;
  /** Some of what waits for a pool. */
  waiting(pool: string, atMost: number): Promise<readonly WaitingLane[]>;
  /** @param graphId - of the registered jobs of which none names the pool */
  removePool(name: string, graphId: string | undefined): Promise<'REMOVED' | 'UNKNOWN' | 'STALE_GRAPH'>;
}

export interface NumberedLine {
  /** Counts the lines of an execution from 1, those that are dropped as well: what is missing was dropped. */
  readonly number: number;
  readonly stream: string;
  readonly text: string;
}

export interface LogLine extends NumberedLine {
  /** Orders the lines of an execution; asks for what follows. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly time: number;
}

/** What bodies print, per execution, bounded in lines and bytes: the oldest lines are dropped. */
export interface LogStore {
  append(executionId: string, lines: readonly NumberedLine[]): Promise<void>;
  read(executionId: string, afterId: string | undefined, limit: number): Promise<readonly LogLine[]>;
}

/** Outcomes of the last hours, for the health status. */
export interface StatisticsStore {
  /** How many executions ended in each status within the last so many hours. */
  outcomes(hours: number): Promise<Readonly<Record<string, number>>>;
}

/** Admitted executions that nobody has claimed by their deadline. */
export interface ClaimStore {
  /** Those whose deadline was so many milliseconds ago, the earliest first. */
  overdue(byMs: number, limit: number): Promise<readonly string[]>;
  /** The number of the delivery that each was last given. */
  deliveries(executionIds: readonly string[]): Promise<readonly Delivery[]>;
  /**
   * Gives them a new deadline.
   *
   * @param fates - `again` where the delivery is gone, `wait` where it still waits to be taken; `returned`, whatever the deadline,
   *   where an executor without room took it: three times it is delivered at once, after that at its deadline
   * @returns the deliveries to make
   */
  renew(fates: ReadonlyMap<string, 'again' | 'wait' | 'returned'>): Promise<readonly Delivery[]>;
}

export interface SaveCheckpoint {
  readonly execution_id: string;
  /** That of its lease. */
  readonly nonce: string;
  /** The sequence number of the last checkpoint that is known to be good, which is not written over; 0: none. */
  readonly good: number;
  /** The module that runs, or has just ended. */
  readonly stage: string;
  readonly state: string;
}

/** Not saved: it does not run under that lease (any more). */
export type SavedCheckpoint = { readonly saved: false } | { readonly saved: true; readonly sequence: number };

/** What attempts saved for the ones after them: the latest two of each chain (docs/adr/0023-time-limits-and-checkpoints.md). */
export interface CheckpointStore {
  /** Refused unless the nonce is that of the lease which the execution runs under. */
  save(command: SaveCheckpoint): Promise<SavedCheckpoint>;
  /**
   * The slots that are filled, damaged ones too.
   *
   * @param chainId - the first attempt's id
   */
  read(chainId: string): Promise<readonly CheckpointSlot[]>;
}

/** One process of several does a task for a while; nothing may depend on it, it saves work. */
export interface ElectionStore {
  /** @param forMs - how long the election holds unless repeated; 0 resigns */
  elect(task: string, process: string, forMs: number): Promise<'ELECTED' | 'OTHER'>;
}

/** Every store of one namespace. */
export interface Stores {
  readonly executions: ExecutionStore;
  readonly runs: RunStore;
  readonly leases: LeaseStore;
  readonly jobs: JobStore;
  readonly events: EventStore;
  readonly arrivals: ArrivalStore;
  readonly schedules: ScheduleStore;
  readonly windows: WindowStore;
  readonly elections: ElectionStore;
  readonly limits: LimitStore;
  readonly logs: LogStore;
  readonly statistics: StatisticsStore;
  readonly claims: ClaimStore;
  readonly exhaustion: ExhaustionStore;
  readonly integrity: IntegrityStore;
  readonly checkpoints: CheckpointStore;
  readonly explanations: ExplainStore;
  readonly deadLetters: DeadLetterStore;
  readonly remoteJobs: RemoteJobStore;
  readonly repairs: RepairStore;
  readonly history: HistoryStore;
  readonly redrives: RedriveStore;
  readonly server: ServerStore;
  readonly epochs: EpochStore;
}
