import type { CorruptionType, StateType } from '../schema/state-corruption-error.js';
import type { ExecutionStatus } from '../state/status.js';
import type { DeadLetterOrder, RetryOrder } from './execution-store.js';
import type { ScheduleRegistration } from './schedule-store.js';

/** What is looked through for records that cannot be read. */
export const REPAIR_LISTS = ['active', 'COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED'] as const;
export type RepairList = (typeof REPAIR_LISTS)[number];

/** What the outbox said last of an execution. */
export interface ExecutionTrace {
  readonly status: ExecutionStatus;
  readonly revision: number;
  readonly job_id: string;
  readonly run_id: string;
}

/** What is known of an execution whose record cannot be read (docs/adr/0035-damaged-records.md). */
export interface RebuildCommand {
  readonly execution_id: string;
  readonly actor: string;
  /** The attempt before it in its chain: what a chain hands on is taken from there. */
  readonly before?: string;
  /** What is known of a first attempt; times in epoch milliseconds. */
  readonly known: {
    readonly job_id: string;
    readonly run_id: string;
    readonly plan_id: string;
    readonly job_revision: number;
    readonly job_type: string;
    readonly resource_pool: string;
    readonly priority: number;
    readonly retried_by?: string;
  };
  readonly seen?: ExecutionTrace;
  /** What is lost, in words. */
  readonly detail: string;
  /** How it ends where it cannot be taken up again: see TransitionCommand. */
  readonly end: {
    readonly reason: string;
    readonly result: string;
    readonly failure: string;
    readonly retry?: RetryOrder;
    readonly dead_letter?: DeadLetterOrder;
  };
}

export type RebuildResult =
  /** By somebody else, or it was never damaged; UNKNOWN: no index knows of it. */
  | { readonly word: 'READABLE' | 'UNKNOWN' }
  | { readonly word: 'REBUILT'; readonly was: ExecutionStatus; readonly status: ExecutionStatus };

/** What can be found damaged beside records, by whoever was to decide by it, and what state it is (docs/adr/0038-damaged-state.md). */
export const STATE_TYPE_OF = {
  PLAN: 'DEPENDENCY_STATE',
  EDGES: 'DEPENDENCY_STATE',
  OUTCOMES: 'DEPENDENCY_STATE',
  USED: 'DEPENDENCY_STATE',
  GATHERING: 'DEPENDENCY_STATE',
  EACH: 'DEPENDENCY_STATE',
  WINDOW: 'QUEUE_STATE',
  PAUSES: 'QUEUE_STATE',
  SCHEDULE: 'QUEUE_STATE',
  LEDGER: 'QUEUE_STATE',
  EXHAUSTED: 'QUEUE_STATE',
  JOB: 'QUEUE_STATE',
} as const satisfies Readonly<Record<string, StateType>>;
export type StateKind = keyof typeof STATE_TYPE_OF;
export const STATE_KINDS = Object.keys(STATE_TYPE_OF) as readonly StateKind[];

export interface DamagedState {
  readonly kind: StateKind;
  /** The plan's id, the execution's, the job's or the schedule's; empty where there is only one. */
  readonly subject: string;
  readonly corruption_type: CorruptionType;
  /** In words. */
  readonly lost: string;
}

/** How to go on after a plan was made again, or could not be. */
export interface MendCommand {
  readonly plan_id: string;
  readonly given_up: boolean;
  /** Those that go by it. */
  readonly executions: readonly string[];
  readonly actor: string;
}

/** Bytes that could not be read, kept for whoever looks into it. */
export interface QuarantinedRecord {
  readonly kind: StateKind | 'EXECUTION';
  /** Of the execution, or of what else it was; empty where there is but one of its kind. */
  readonly id: string;
  /** Epoch milliseconds. */
  readonly time: number;
  /** Base64. */
  readonly bytes: string;
}

/** Records that cannot be read. */
export interface RepairStore {
  /**
   * Looks through a part of a list.
   *
   * @param from - index of the first, in the list's order
   * @returns what is damaged and how, by its id, and where to go on; undefined at the end
   */
  scan(
    list: RepairList,
    from: number,
  ): Promise<{ readonly damaged: ReadonlyMap<string, CorruptionType>; readonly next: number | undefined }>;
  trace(executionId: string): Promise<ExecutionTrace | undefined>;
  /** Of these jobs the one that an execution is of. */
  jobOf(executionId: string, jobIds: readonly string[]): Promise<string | undefined>;
  rebuild(command: RebuildCommand): Promise<RebuildResult>;
  /** What is noted as damaged and not told of yet. */
  damagedState(): Promise<readonly DamagedState[]>;
  /** Strikes off what was told of, and is mended. */
  forgetState(damage: DamagedState): Promise<void>;
  /** Executions that are open or whose dependents are not all released, a part, and where to go on; one may come more than once. */
  unfinished(
    cursor?: string,
  ): Promise<{ readonly ids: readonly string[]; readonly next: string | undefined }>;
  /** @returns READABLE where it is not given up, because it can be read by now */
  mendPlan(command: MendCommand): Promise<'MENDED' | 'READABLE' | 'GIVEN_UP' | 'UNREADABLE'>;
  /** Registers a job as its latest revision has it, where its entry in the register cannot be read. */
  mendJob(jobId: string): Promise<'MENDED' | 'READABLE' | 'UNREADABLE'>;
  /**
   * Puts a schedule in force anew whose state cannot be read.
   *
   * @param as - what is registered now; undefined where no job has it: it is forgotten
   */
  mendSchedule(
    scheduleId: string,
    as:
      | { readonly schedule: ScheduleRegistration; readonly job_id: string; readonly revision: number }
      | undefined,
  ): Promise<'MENDED' | 'READABLE'>;
  /** The newest first, at most a hundred. */
  quarantined(): Promise<readonly QuarantinedRecord[]>;
}
