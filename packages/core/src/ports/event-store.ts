import type { EventDelivery } from '../events/event-intake.js';

/** One trigger that an event matches. */
export interface DeliveryCommand {
  readonly job_id: string;
  readonly trigger_id: string;
  readonly plan_id: string;
  /** Of the execution that the event starts by itself. */
  readonly execution_id: string;
}

export interface AcceptCommand {
  readonly source: string;
  readonly id: string;
  /** JSON text of the event. */
  readonly event: string;
  readonly actor: string;
  /** Refused as STALE_GRAPH when another graph is registered by now. */
  readonly graph_id?: string;
  readonly deliveries: readonly DeliveryCommand[];
}

export type AcceptAnswer =
  | {
      readonly ok: true;
      readonly outcome: 'ACCEPTED' | 'DUPLICATE' | 'UNMATCHED';
      /** Of an ACCEPTED one: what each delivery led to, in their order. */
      readonly deliveries: readonly Pick<EventDelivery, 'state' | 'execution_id'>[];
    }
  | {
      readonly ok: false;
      readonly refusal: 'UNKNOWN_PLAN' | 'STALE_GRAPH' | 'UPGRADE_REQUIRED' | 'CORRUPT_RECORD';
    };

/** Events: which were accepted, and what they start (docs/adr/0010-events.md). */
export interface EventStore {
  /** Everything or nothing. */
  accept(command: AcceptCommand): Promise<AcceptAnswer>;
}
