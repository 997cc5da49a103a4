import { PhiError, type Delivery } from '@phi/core';

import { unpack } from './codec.js';

/** What the scripts that may admit executions hand back. */
export interface ScriptReply {
  readonly results: readonly unknown[];
  /** Executions that now hold their slots; of a dedicated pool, with its name. */
  readonly admitted: readonly (string | readonly [execution_id: string, pool: string])[];
  /** Whether a bound was met and another call would carry on. */
  readonly more: boolean;
  /** Whether conditions of edges wait to be evaluated. */
  readonly conditions: boolean;
}

export function decodeReply(operation: string, raw: unknown): ScriptReply {
  if (!Buffer.isBuffer(raw)) throw unexpected(operation, raw);
  const reply = unpack(raw) as Omit<ScriptReply, 'results' | 'admitted'> & {
    results: unknown;
    admitted: unknown;
  };
  return {
    ...reply,
    results: toArray(reply.results),
    admitted: toArray(reply.admitted) as ScriptReply['admitted'],
  };
}

/** Lua cannot tell an empty list from an empty map. */
export function toArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : Object.values(value as object);
}

/** Told of what the functions called by this process leave to be done, and of what cannot be read. */
export interface ReplyListener {
  /** Delivers what was admitted; what it loses is delivered again after the claim deadline. */
  readonly onAdmitted: (deliveries: readonly Delivery[]) => void;
  /** Carries on what met a bound; what it leaves is carried on by the scheduler. */
  readonly onMore: () => void;
  /** Evaluates conditions that were asked; what it leaves is evaluated by the scheduler. */
  readonly onConditions: () => void;
  /** Reports a record that cannot be read and was left out. */
  readonly onUnreadable: (executionId: string, error: unknown) => void;
}

export function announce(reply: ScriptReply, listener: ReplyListener): void {
  if (reply.admitted.length > 0) {
    listener.onAdmitted(reply.admitted.map(firstDelivery));
  }
  if (reply.more) listener.onMore();
  if (reply.conditions) listener.onConditions();
}

function firstDelivery(admitted: ScriptReply['admitted'][number]): Delivery {
  if (typeof admitted === 'string') return { execution_id: admitted, delivery: 0 };
  const [execution_id, pool] = admitted;
  return { execution_id, delivery: 0, pool };
}

function unexpected(operation: string, raw: unknown): PhiError {
  return new PhiError('STATE_002_QUEUE_STATE_CORRUPT', `${operation} answered what no version of it does`, {
    operation: `store.${operation}`,
    data: { type: typeof raw },
  });
}
