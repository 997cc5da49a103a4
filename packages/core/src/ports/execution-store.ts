import type { KeptVerdict } from '../rules/kept-verdict.js';
import type { CancelScope } from '../schema/cancellation.js';
import type { EdgeKind } from '../schema/dependency-graph.js';
import type { HOLDS, TriggerType } from '../schema/execution.js';
import type { Refusal } from '../state/apply-event.js';
import type { ExecutionNote } from '../state/notes.js';
import type { ExecutionStatus } from '../state/status.js';
import type { ExecutionEvent } from '../state/transitions.js';
import type { ExhaustionCode } from '../resources/watched-resources.js';
import type { Tick } from './schedule-store.js';

/** Milli-cores, megabytes of memory, megabytes of disk and megabits a second: whole numbers, so that sums do not drift. */
export type AmountsRequest = readonly [number, number, number, number];

/** One line of an execution's history: what happened when, by whom. */
export interface HistoryEntry {
  /** Epoch milliseconds, Redis' clock. */
  readonly time: number;
  readonly event: ExecutionEvent | ExecutionNote | 'CREATE';
  readonly actor: string | undefined;
  readonly detail: string | undefined;
}

/**
 * An execution as the store keeps it: the specification's Execution, and what Phi needs beside it.
 * Times are epoch milliseconds; `parameters` (overrides only) and `result` are JSON texts.
 */
export interface ExecutionRecord {
  readonly execution_id: string;
  readonly job_id: string;
  readonly status: ExecutionStatus;
  readonly revision: number;
  readonly run_id: string;
  readonly pass: number;
  readonly plan_id: string;
  readonly job_revision: number;
  readonly job_type: string;
  readonly resource_pool: string;
  readonly priority: number;
  readonly trigger_type: TriggerType;
  readonly trigger_id: string;
  readonly scheduled_time: number;
  readonly created_time: number;
  readonly queued_time?: number;
  readonly started_time?: number;
  readonly completed_time?: number;
  /** Not to be queued before this time; only a retry has it. */
  readonly not_before?: number;
  /** 1-based. */
  readonly attempt_number: number;
  /** Attempts of this chain that were lost with their executor, or handed over by it. */
  readonly lost_attempts: number;
  /** Those of them that were handed over: no budget holds for these. */
  readonly handed_over?: number;
  /** The first attempt of the chain, for a retry. */
  readonly parent_execution_id?: string;
  readonly retried_by?: string;
  /** That it is to stop, once it was asked: when (epoch milliseconds), by whom, and why. */
  readonly cancel?: readonly [time: number, actor: string, detail: string | false];
  readonly executor_id?: string;
  /** The current lease's secret: every write of the executor carries it. */
  readonly nonce?: string;
  /** A number for remote systems that only grows. */
  readonly fence?: number;
  readonly manual: boolean;
  readonly ignore_dependencies?: boolean;
  /** What keeps it before the gate (docs/adr/0009-the-gate.md). */
  readonly hold?: (typeof HOLDS)[number];
  /** Where it waits, or waited, its turn. */
  readonly line?: string;
  /** The latest verdicts of the gate that kept it from going on, the oldest first. */
  readonly decided?: readonly KeptVerdict[];
  readonly reason?: string;
  readonly parameters?: string;
  /** How long the chain of executions and events is that has caused it; absent for 0. */
  readonly depth?: number;
  /** Datasets that its chain has published before its end. */
  readonly published?: readonly string[];
  readonly result?: string;
  /** What it requests; absent where that is nothing. */
  readonly request?: AmountsRequest;
  /** That its priority does not grow with age; absent where it does. */
  readonly static_priority?: boolean;
  /** Until when it may wait in the queue, epoch milliseconds; absent where that is not bounded. */
  readonly queue_deadline?: number;
  /** JSON text of a TimeoutError, where it took too long. */
  readonly timeout_error?: string;
  /** The sequence number of the checkpoint that its chain has saved last; absent where there is none. */
  readonly checkpoint?: number;
  /** JSON text of a FailureDetail, where it failed. */
  readonly failure?: string;
  /** The kind of failure that it is, or was, a dead letter for. */
  readonly fingerprint?: string;
  /** Attempts of this chain whose bodies crashed without a word; absent for 0. */
  readonly crashes?: number;
  /** That it was queued with the slots of the attempt before it, whose remote job goes on. */
  readonly took_over?: true;
  /** The execution that its job was run again by, in a later pass of its run. */
  readonly rerun_by?: string;
  readonly history: readonly HistoryEntry[];
}

export interface CreateCommand {
  readonly execution_id: string;
  readonly plan_id: string;
  readonly job_id: string;
  readonly run_id: string;
  readonly trigger_type: TriggerType;
  readonly trigger_id: string;
  /** Epoch milliseconds; Redis' present time when left out. */
  readonly scheduled_time?: number;
  /** JSON text of the overrides; left out when there are none. */
  readonly parameters?: string;
  /** Every edge from outside is decided by the latest outcome, and the outcome is not made known to other runs. */
  readonly manual?: boolean;
  /** A manual run's outcomes are made known to other runs after all. */
  readonly propagate?: boolean;
  readonly ignore_dependencies?: boolean;
  /** Where it waits its turn before the gate: `job:<job_id>` or `catchup:<schedule_id>`. */
  readonly line?: string;
  readonly actor: string;
  /** Refused as QUEUE_FULL when so many executions are queued (EXECUTOR_QUEUE_CAPACITY). */
  readonly capacity?: number;
  /** Refused as STALE_GRAPH when another graph is registered by now. */
  readonly graph_id?: string;
  readonly tick?: Tick;
}

export type CreateResult =
  | {
      readonly ok: true;
      readonly status: ExecutionStatus;
      readonly revision: number;
      readonly created: boolean;
    }
  | {
      readonly ok: false;
      readonly refusal:
        | 'UNKNOWN_PLAN'
        | 'STALE_GRAPH'
        | 'STALE_TICK'
        /** The tick was settled with this outcome, and nothing was created. */
        | 'SKIPPED_RUNNING'
        | 'QUEUE_FULL'
        /** The global limit is full and `enforcement_mode` is REJECT; a tick was settled as REJECTED. */
        | 'CONCURRENCY_LIMIT'
        | 'UPGRADE_REQUIRED'
        | 'CORRUPT_RECORD';
    }
  | ExhaustionRefusal;

/** Kept out by what is done about an exhausted resource (docs/adr/0018-exhaustion.md). */
export interface ExhaustionRefusal {
  readonly ok: false;
  /** REJECTED: the tick was settled with this outcome. EXHAUSTED: nothing was done, or the tick is held. */
  readonly refusal: 'EXHAUSTED' | 'REJECTED';
  readonly reason: ExhaustionCode;
}

export interface RetryOrder {
  readonly execution_id: string;
  /** Epoch milliseconds, Redis' clock. */
  readonly not_before: number;
  readonly lost_attempts: number;
  readonly handed_over?: number;
  readonly crashes?: number;
  /** Where the attempt only waited for a remote module, the next takes its slots over and is delivered at once. */
  readonly goes_on?: true;
}

/** How a chain that has failed for good is kept (Rule 15). */
export interface DeadLetterOrder {
  /** See `errorFingerprint`. */
  readonly fingerprint: string;
  readonly kept_ms: number;
  /** The oldest is dropped where there are more. */
  readonly capacity: number;
}

export interface TransitionCommand {
  readonly event: ExecutionEvent;
  readonly execution_id: string;
  readonly expected_revision?: number;
  readonly nonce?: string;
  /** A repeated call with the same operation id gets the first answer. */
  readonly op?: string;
  readonly actor: string;
  readonly detail?: string;
  readonly reason?: string;
  /** JSON text of an ExecutionResult. */
  readonly result?: string;
  /** SUCCEED only: COMPLETE follows in the same call; a large fan-out leaves it COMPLETING, for `advance`. */
  readonly completes?: boolean;
  /** CLAIM only: who takes it. */
  readonly executor_id?: string;
  /** With a failure: the attempt that follows it, created in the same script. */
  readonly retry?: RetryOrder;
  /** With TIME_OUT and EXPIRE: JSON text of the TimeoutError. */
  readonly timeout_error?: string;
  /** With the last failure of a chain: that it becomes a dead letter. */
  readonly dead_letter?: DeadLetterOrder;
  /** JSON text of a FailureDetail. */
  readonly failure?: string;
  readonly with_record?: boolean;
}

export type TransitionResult =
  | {
      readonly ok: true;
      readonly status: ExecutionStatus;
      readonly revision: number;
      readonly repeated: boolean;
      readonly record?: ExecutionRecord;
    }
  | {
      readonly ok: false;
      readonly refusal: Refusal;
      readonly status?: ExecutionStatus;
      readonly revision?: number;
    };

/** What an upstream outcome means for an edge; `asked` while its condition is still to be evaluated. */
export type EdgeVerdict = 'met' | 'waived' | 'unmet' | 'skip' | 'false' | 'asked';

/** An upstream outcome that decided an edge of an execution. */
export interface DecidedEdge {
  readonly dependency_id: string;
  /** The upstream. */
  readonly job_id: string;
  /** Its execution. */
  readonly execution_id: string;
  readonly verdict: EdgeVerdict;
  /** The nominal time of the outcome, epoch milliseconds. */
  readonly time: number;
  /** Where the condition could not be evaluated: an error code, and what was wrong. */
  readonly problem?: string;
  readonly detail?: string;
}

/** A condition that an edge waits for. */
export interface AskedCondition {
  /** The dependent. */
  readonly execution_id: string;
  /** The edge's name among those of the dependent. */
  readonly edge: string;
  /** In CEL over `upstream`; undefined where what the edge was decided by cannot be read: any answer has it decided anew. */
  readonly condition: string | undefined;
  /** The execution whose outcome is judged. */
  readonly upstream_id: string;
}

export interface ConditionAnswer {
  readonly execution_id: string;
  readonly edge: string;
  readonly upstream_id: string;
  /** `failed`: it could not be evaluated, as `detail` says. */
  readonly answer: 'true' | 'false' | 'failed';
  readonly detail?: string;
  readonly actor: string;
}

export type PublishResult = 'PUBLISHED' | 'REPEATED' | 'NOT_PRODUCED' | 'STALE_FENCE' | 'UNREADABLE';

/** Something to be told in the history of a running execution. */
export interface NoteCommand {
  readonly execution_id: string;
  /** That of its lease. */
  readonly nonce: string;
  readonly note: ExecutionNote;
  /** A repeated call with the same operation id changes nothing. */
  readonly op: string;
  readonly actor: string;
  readonly detail: string;
}

export interface ExecutionFilter {
  /** One, or one of several. */
  readonly status?: ExecutionStatus | readonly ExecutionStatus[];
  readonly job_id?: string;
  /** At most this many, newest first. */
  readonly limit: number;
  /** From the page before. */
  readonly cursor?: string;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  /** Asks for what follows; absent on the last page. */
  readonly next_cursor?: string;
}

/** What waits for a time to come. */
export const TIMERS = ['delayed', 'dependency_deadlines', 'queue_deadlines', 'admitted'] as const;
export type Timer = (typeof TIMERS)[number];

export interface StoredPlanJob {
  readonly job_id: string;
  readonly revision: number;
  readonly job_type: string;
  readonly resource_pool: string;
  readonly priority: number;
  /** Absent where the job requests nothing. */
  readonly request?: AmountsRequest;
  /** True where `priority_boost_on_age` is false (Rule 5). */
  readonly static_priority?: boolean;
  /** How long it may wait in the queue, in milliseconds; absent where that is not bounded. */
  readonly queue_timeout_ms?: number;
  readonly enabled: boolean;
  readonly require_all: boolean;
  /** Of the job's `concurrency` (Rule 3). */
  readonly skip_if_running: boolean;
  readonly queue_if_running: boolean;
  /** Of the job's `cancellation` (Rule 16); absent where it does not cascade. */
  readonly cascade?: CancelScope;
  /** True where it is in a cycle, and so cannot run. */
  readonly in_cycle?: boolean;
  /** Datasets that it publishes; absent where there are none. */
  readonly produces?: readonly string[];
  readonly edges: readonly StoredPlanEdge[];
}

export interface StoredPlanEdge {
  readonly dependency_id: string;
  readonly upstream_job_id: string;
  readonly dependency_type: string;
  readonly join: string;
  readonly inside: boolean;
  /** True where the upstream is not registered. */
  readonly missing?: boolean;
  readonly skip_on_upstream_skip: boolean;
  /** Milliseconds from the dependent's creation; absent where the wait is unbounded. */
  readonly timeout_ms?: number;
  /** Absent for DECLARED. */
  readonly kind?: EdgeKind;
  /** In CEL over `upstream`. */
  readonly condition?: string;
  /** When the job may run after its upstream, in milliseconds of nominal time. */
  readonly window?: { readonly after_ms?: number; readonly within_ms?: number };
  /** The dataset that the upstream produces and the job consumes. */
  readonly dataset?: string;
  /** The other producers of that dataset; their edges have the same dependency_id, and any of them satisfies it. */
  readonly other_producers?: readonly string[];
}

export interface StoredPlan {
  readonly plan_id: string;
  readonly jobs: readonly StoredPlanJob[];
  readonly dependents: ReadonlyMap<string, readonly string[]>;
}

/** Cancels a chain of executions, by any of its attempts. */
export interface CancelCommand {
  readonly execution_id: string;
  readonly actor: string;
  /** An error code. */
  readonly reason: string;
  readonly detail?: string;
  /** A repeated call with the same operation id gets the first answer. */
  readonly op?: string;
  /** What becomes of dependents within the run; left out: as the job has it. */
  readonly cascade?: CancelScope | 'NONE';
}

export type CancelResult =
  | {
      readonly ok: true;
      /** The latest attempt: the one that was cancelled. */
      readonly execution_id: string;
      /** RUNNING: it was asked to stop, and ends CANCELLED unless its result is recorded first. */
      readonly status: 'CANCELLED' | 'RUNNING';
    }
  | {
      readonly ok: false;
      /** COMMITTED: its result is recorded, and it is COMPLETING. */
      readonly refusal: 'ENDED' | 'COMMITTED' | 'UNKNOWN_EXECUTION' | 'UPGRADE_REQUIRED' | 'CORRUPT_RECORD';
      readonly execution_id?: string;
      readonly status?: ExecutionStatus;
    };

/** Cuts the delay short of a chain that waits for its next attempt, by any of its attempts. */
export interface RetryNowCommand {
  readonly execution_id: string;
  /** A repeated call with the same operation id changes nothing. Default: one that follows from the attempt that waits. */
  readonly op?: string;
  readonly actor: string;
  readonly detail?: string;
}

export type RetryNowResult =
  /** With its latest attempt and how that stands now; `repeated` where the operation has done it before. */
  | {
      readonly ok: true;
      readonly execution_id: string;
      readonly status: ExecutionStatus;
      readonly repeated: boolean;
    }
  | {
      readonly ok: false;
      /** OPEN: it waits for no delay. */
      readonly refusal: 'ENDED' | 'OPEN' | 'UNKNOWN_EXECUTION' | 'UPGRADE_REQUIRED' | 'CORRUPT_RECORD';
      readonly execution_id?: string;
      readonly status?: ExecutionStatus;
    };

/** What is to be reported: executions that a dependency has ended, attempts that failed, and those that are no dead letters any more. */
export type ReportList = 'dependency_errors' | 'execution_errors' | 'withdrawn_dead_letters';

/** Executions: their records, and the two scripts that change them. */
export interface ExecutionStore {
  create(command: CreateCommand): Promise<CreateResult>;
  transition(command: TransitionCommand): Promise<TransitionResult>;
  cancel(commands: readonly CancelCommand[]): Promise<readonly CancelResult[]>;
  /** Carries on releases and admissions that met a bound. @returns whether more is left */
  advance(): Promise<boolean>;
  retryNow(commands: readonly RetryNowCommand[]): Promise<readonly RetryNowResult[]>;
  savePlan(plan: StoredPlan): Promise<void>;
  /** Conditions that wait to be evaluated, the longest asked first. Those that nobody waits for any more are struck off. */
  askedConditions(limit: number): Promise<readonly AskedCondition[]>;
  answerConditions(answers: readonly ConditionAnswer[]): Promise<void>;
  /** Executions that are not reported yet, the first of them. */
  unreported(list: ReportList, limit: number): Promise<readonly string[]>;
  /** Strikes off what was reported. */
  reported(list: ReportList, executionId: string): Promise<void>;
  /**
   * Lets a running execution give back its place and what it requests of its executor while it waits for a remote module, or take it
   * back: at once, whatever else is placed there by then. Its slots stay its own.
   */
  waitRemotely(executionId: string, nonce: string, waits: boolean): Promise<'OK' | 'STALE_FENCE'>;
  /** Makes known that a running execution has published a dataset. Refused unless the nonce is that of its lease. */
  publishDataset(executionId: string, nonce: string, dataset: string): Promise<PublishResult>;
  /** Adds to the history of a running execution. Refused unless the nonce is that of its lease. */
  note(command: NoteCommand): Promise<'NOTED' | 'STALE_FENCE'>;
  get(executionId: string): Promise<ExecutionRecord | undefined>;
  getMany(executionIds: readonly string[]): Promise<readonly ExecutionRecord[]>;
  list(filter: ExecutionFilter): Promise<Page<ExecutionRecord>>;
  /** The outcomes that decided a first attempt's edges. */
  decidedEdges(executionId: string): Promise<readonly DecidedEdge[]>;
  /** Of one that waits its turn: the chain that goes before it. @returns its id, which is the first attempt's */
  aheadOf(record: ExecutionRecord): Promise<string | undefined>;
  /** Executions whose time has come, by Redis' clock, earliest first. */
  due(timer: Timer, limit: number): Promise<readonly string[]>;
  countByStatus(): Promise<Readonly<Record<ExecutionStatus, number>>>;
}
