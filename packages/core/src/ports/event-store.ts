import type { ExhaustionCode } from '../resources/watched-resources.js';
import type { AcceptOutcome, EventCount, EventDelivery } from '../events/event-intake.js';

/** One trigger that an event matches. */
export interface DeliveryCommand {
  readonly job_id: string;
  readonly trigger_id: string;
  readonly plan_id: string;
  /** Of the execution that the event starts if it starts one by itself. */
  readonly execution_id: string;
  /** How long a batch is collected, in milliseconds; 0: not at all. */
  readonly window_ms: number;
  /** The least time between two executions, in milliseconds. */
  readonly debounce_ms: number;
  /** Starts nothing while a chain of the job is open (Rule 3). */
  readonly waits: boolean;
  /** Of the trigger's configuration; see TriggerRegistration. */
  readonly digest: string;
}

export interface AcceptCommand {
  readonly source: string;
  readonly id: string;
  /** JSON text of the event. */
  readonly event: string;
  /** How long the chain of executions and events is that has caused it. */
  readonly depth: number;
  /** Starts nothing whatever it matches. */
  readonly too_deep: boolean;
  /** Joins what the triggers hold where the queue is full. */
  readonly hold: boolean;
  /** EXECUTOR_QUEUE_CAPACITY. */
  readonly capacity: number;
  readonly actor: string;
  /** Refused as STALE_GRAPH when another graph is registered by now. */
  readonly graph_id?: string;
  readonly deliveries: readonly DeliveryCommand[];
}

type StartRefusal = 'QUEUE_FULL' | 'CONCURRENCY_LIMIT' | 'UNKNOWN_PLAN' | 'STALE_GRAPH';

export type AcceptAnswer =
  | {
      readonly ok: true;
      readonly outcome: AcceptOutcome;
      /** Of an ACCEPTED one: what each delivery led to, in their order. */
      readonly deliveries: readonly Pick<EventDelivery, 'state' | 'execution_id'>[];
    }
  | { readonly ok: false; readonly refusal: 'EXHAUSTED'; readonly reason: ExhaustionCode }
  | { readonly ok: false; readonly refusal: StartRefusal | 'UPGRADE_REQUIRED' | 'CORRUPT_RECORD' };

/** A trigger that holds events. */
export interface HoldingTrigger {
  readonly job_id: string;
  readonly trigger_id: string;
  /** Of the configuration under which it holds them. */
  readonly digest: string;
}

export interface DueTrigger {
  readonly job_id: string;
  readonly trigger_id: string;
  /** How many flushes there were. */
  readonly flush: number;
}

export interface FlushCommand {
  readonly job_id: string;
  readonly trigger_id: string;
  /** Absent where the job is not registered any more: its events start it as it was. */
  readonly plan_id?: string;
  readonly graph_id?: string;
  /** Refused as STALE_FLUSH when there were others. */
  readonly flush?: number;
  readonly waits?: boolean;
  readonly capacity?: number;
  /** Whether due or not, busy or full. */
  readonly force?: boolean;
  readonly actor: string;
}

export type FlushAnswer =
  | {
      readonly ok: true;
      readonly execution_id: string;
      /** How many events the execution has. */
      readonly events: number;
      /** How many are left. */
      readonly rest: number;
    }
  | {
      readonly ok: false;
      readonly refusal: StartRefusal | 'STALE_FLUSH' | 'EMPTY' | 'NOT_DUE' | 'BUSY' | 'EXHAUSTED';
    };

/** A dataset that an execution has published and that is no event yet. */
export interface PublishedDataset {
  readonly execution_id: string;
  readonly dataset: string;
}

/** Events: which were accepted, and what they lead to (docs/adr/0010-events.md). */
export interface EventStore {
  /** Everything or nothing. */
  accept(command: AcceptCommand): Promise<AcceptAnswer>;
  /** Starts one execution from what a trigger holds. */
  flush(command: FlushCommand): Promise<FlushAnswer>;
  /** Triggers whose time has come, earliest first. */
  due(nowMs: number, limit: number): Promise<readonly DueTrigger[]>;
  /** The earliest time at which a trigger is due, epoch milliseconds. */
  nextDue(): Promise<number | undefined>;
  /** The triggers of jobs that hold events. */
  holding(jobIds: readonly string[]): Promise<readonly HoldingTrigger[]>;
  /** JSON texts of events that an execution refers to, by number; what is not kept any more is left out. */
  bodies(numbers: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** What was published first. */
  published(limit: number): Promise<readonly PublishedDataset[]>;
  /** Strikes what has become an event. */
  withdraw(published: PublishedDataset): Promise<void>;
  counts(): Promise<Readonly<Record<EventCount, number>>>;
}
