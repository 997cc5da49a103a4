import { randomUUID } from 'node:crypto';

import type { AcceptOutcome, CloudEvent, EventDelivery } from '@phi/core';

/** An event to emit: CloudEvents 1.0, at most 64 KiB (docs/adr/0010-events.md). */
export interface NewEvent {
  readonly specversion?: '1.0';
  /**
   * Identifies the event within its source: the same two are the same event, and start nothing twice. Give one that follows
   * from what happened. Default: a new one.
   */
  readonly id?: string;
  /** Where it comes from; triggers name it. */
  readonly source: string;
  /** What happened. */
  readonly type: string;
  readonly subject?: string;
  /** When it happened, ISO 8601. */
  readonly time?: string;
  readonly datacontenttype?: string;
  readonly dataschema?: string;
  /** JSON. */
  readonly data?: unknown;
  readonly data_base64?: string;
  /** Extension attributes. */
  readonly [extension: string]: unknown;
}

/** What became of an event. */
export interface EmitAnswer {
  readonly outcome: AcceptOutcome;
  readonly deliveries: readonly {
    readonly job_id: string;
    readonly trigger_id: string;
    readonly state: EventDelivery['state'];
    /** With STARTED. */
    readonly execution_id: string | null;
  }[];
  /** Triggers that would have taken it but for something. */
  readonly passed_over: readonly {
    readonly job_id: string;
    readonly trigger_id: string;
    readonly reason: string;
  }[];
}

/** An event as it is sent, by HTTP or by queue: always with an id, so that it can be sent again. */
export function cloudEvent(event: NewEvent): CloudEvent {
  return { specversion: '1.0', id: randomUUID(), ...event } as CloudEvent;
}
