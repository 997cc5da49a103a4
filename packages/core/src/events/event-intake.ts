import type { ExhaustionCode } from '../resources/watched-resources.js';
import type { CloudEvent } from '../schema/cloud-event.js';

/** How an event came; what a trigger takes follows from it (docs/adr/0010-events.md). */
export const EVENT_CHANNELS = ['HTTP', 'WEBHOOK', 'QUEUE', 'STREAM', 'DATASET', 'FILE'] as const;
export type EventChannel = (typeof EVENT_CHANNELS)[number];

/** An event on its way in; `event` is valid by `cloudEventSchema`. */
export interface EventRequest {
  readonly event: CloudEvent;
  readonly channel: EventChannel;
  /** Who sent it, for the history. */
  readonly actor: string;
  /** What a full queue does: REFUSE a caller who can come again, or HOLD for one who cannot be told. */
  readonly when_full: 'REFUSE' | 'HOLD';
}

/** What an event did to one trigger that it matched. */
export interface EventDelivery {
  readonly job_id: string;
  readonly trigger_id: string;
  /** STARTED an execution; BATCHED with others until the trigger is due; HELD because the queue is full, or a resource exhausted. */
  readonly state: 'STARTED' | 'BATCHED' | 'HELD';
  /** With STARTED. */
  readonly execution_id?: string;
}

/**
 * What became of an event.
 *
 * DUPLICATE: accepted before, by its source and id. UNMATCHED: no trigger takes it. TOO_DEEP: a chain of executions and events
 * has caused it that is too long.
 */
export const ACCEPT_OUTCOMES = ['ACCEPTED', 'DUPLICATE', 'UNMATCHED', 'TOO_DEEP'] as const;
export type AcceptOutcome = (typeof ACCEPT_OUTCOMES)[number];

/** What is counted of events; HELD beside ACCEPTED: those that a full queue kept from starting an execution. */
export const EVENT_COUNTS = [...ACCEPT_OUTCOMES, 'HELD'] as const;
export type EventCount = (typeof EVENT_COUNTS)[number];

export type AcceptResult =
  | {
      readonly ok: true;
      readonly outcome: AcceptOutcome;
      /** Of a duplicate: none. */
      readonly deliveries: readonly EventDelivery[];
      /** Triggers that would have taken it but for something: its channel, a filter without an answer, or parameters that its job refuses. */
      readonly passed_over: readonly {
        readonly job_id: string;
        readonly trigger_id: string;
        readonly reason: string;
      }[];
    }
  | {
      readonly ok: false;
      readonly refusal: 'QUEUE_FULL' | 'CONCURRENCY_LIMIT';
      readonly retry_after_seconds: number;
    }
  | {
      readonly ok: false;
      readonly refusal: 'EXHAUSTED';
      readonly reason: ExhaustionCode;
      readonly retry_after_seconds: number;
    }
  | {
      readonly ok: false;
      readonly refusal: 'EVENT_TOO_LARGE' | 'GRAPH_UNSETTLED' | 'UPGRADE_REQUIRED' | 'CORRUPT_RECORD';
    };
