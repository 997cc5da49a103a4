import { IntakeSender, type IntakeSenderOptions } from '@phi/queues';

import { cloudEvent, type NewEvent } from './emit.js';
import { manualMessage, type TriggerOptions } from './trigger.js';

export type { NewEvent } from './emit.js';
export type { TriggerOptions } from './trigger.js';

export interface QueueClientOptions extends Omit<IntakeSenderOptions, 'namespace' | 'onError'> {
  /** Default: `default`. */
  readonly namespace?: string;
  /** Told of connection errors; calls fail with them as well. Default: nobody is. */
  readonly onError?: (error: Error) => void;
}

/** A message that Redis has. */
export interface QueuedMessage {
  /** BullMQ's id of it in its queue. */
  readonly message_id: string;
}

/** A trigger that Redis has. */
export interface QueuedTrigger extends QueuedMessage {
  /** Under which it can be sent again, also by HTTP, which answers with the execution. */
  readonly idempotency_key: string;
}

/** An event that Redis has. */
export interface QueuedEvent extends QueuedMessage {
  /** The event's own, under which it can be sent again. */
  readonly id: string;
}

/**
 * Phi's queues, for services that share its Redis: what is sent is taken in as soon as a scheduler is there.
 *
 * Calls throw TypeError for what would be refused, and fail while Redis is away; repeated under the same key or id they
 * start nothing twice.
 */
export interface PhiQueueClient {
  /** Asks for a run of a job (specification: Manual Triggers). */
  trigger(jobId: string, options?: TriggerOptions): Promise<QueuedTrigger>;
  /** Sends an event to every trigger that matches it (specification: Event-Based Triggers). */
  emit(event: NewEvent): Promise<QueuedEvent>;
  /** Closes what it opened. */
  close(): Promise<void>;
}

/** @throws TypeError unless there is either a connection or the URL of one */
export function createQueueClient(options: QueueClientOptions): PhiQueueClient {
  const sender = new IntakeSender({ namespace: 'default', onError: () => undefined, ...options });
  return {
    async trigger(jobId, wishes = {}) {
      const message = manualMessage(jobId, wishes);
      const message_id = await sender.send('phi_manual', message);
      return { message_id, idempotency_key: message.idempotency_key };
    },
    async emit(event) {
      const whole = cloudEvent(event);
      return { message_id: await sender.send('phi_events', whole), id: whole.id };
    },
    close: () => sender.close(),
  };
}
