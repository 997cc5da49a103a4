import {
  cloudEventSchema,
  EVENT_BYTES,
  findProblems,
  PhiError,
  type AcceptResult,
  type Problem,
} from '@phi/core';
import { acceptEvent, type Services } from '@phi/engine';
import type { IntakeAnswer, IntakeMessage } from '@phi/queues';

/** Stands in the history of what an event started. */
const ACTOR = 'queue:phi_events';
/** How soon an event is tried again that nothing is wrong with, in milliseconds. */
const AGAIN_AFTER_MS = 1000;

/**
 * Takes in a message of the queue `phi_events`: a CloudEvent, or `{event}` with one (specification: Event-Based Triggers,
 * message queue events). A repeated delivery is the same event, by its source and id.
 *
 * @throws PhiError for what only this message meets; others may pass it
 */
export async function takeEvent(services: Services, { data }: IntakeMessage): Promise<IntakeAnswer> {
  const { value, place } = unwrap(data);
  const parsed = cloudEventSchema.safeParse(value);
  if (!parsed.success) return { kind: 'refused', problems: problemsOf(value, place) };
  const request = { event: parsed.data, channel: 'QUEUE', actor: ACTOR, when_full: 'HOLD' } as const;
  const result = await acceptEvent(services, request);
  if (!result.ok) return answerRefusal(result);
  const { outcome, passed_over } = result;
  const deliveries = result.deliveries.map((delivery) => ({ execution_id: null, ...delivery }));
  return { kind: 'done', value: { outcome, deliveries, passed_over } };
}

interface Unwrapped {
  readonly value: unknown;
  /** Where the event is in the message. */
  readonly place: readonly string[];
}

function unwrap(data: unknown): Unwrapped {
  const isWrapped = isMapping(data) && !('specversion' in data) && 'event' in data;
  return isWrapped ? { value: data['event'], place: ['event'] } : { value: data, place: [] };
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A payload that is no mapping is not repeated, not even in part: it may be a whole event written as text. */
function problemsOf(value: unknown, place: readonly string[]): Problem[] {
  if (isMapping(value)) return findProblems(cloudEventSchema, value, place);
  const accepted = 'a CloudEvent as a mapping, or {event} with one';
  return [{ field: place.join('.'), reason: 'is not a mapping', accepted }];
}

function answerRefusal(result: Extract<AcceptResult, { ok: false }>): IntakeAnswer {
  switch (result.refusal) {
    case 'EVENT_TOO_LARGE': {
      const accepted = `an event of at most ${String(EVENT_BYTES / 1024)} KiB, written as JSON`;
      return { kind: 'refused', problems: [{ field: '', reason: 'is too large', accepted }] };
    }
    case 'QUEUE_FULL':
      return { kind: 'later', after_ms: result.retry_after_seconds * 1000, reason: 'the queue is full' };
    case 'CONCURRENCY_LIMIT':
      return {
        kind: 'later',
        after_ms: result.retry_after_seconds * 1000,
        reason: 'the global limit is full',
      };
    case 'EXHAUSTED':
      return {
        kind: 'later',
        after_ms: result.retry_after_seconds * 1000,
        reason: 'a resource is exhausted',
      };
    case 'GRAPH_UNSETTLED':
      return { kind: 'later', after_ms: AGAIN_AFTER_MS, reason: 'the jobs were changed all the while' };
    case 'UPGRADE_REQUIRED':
      throw unreadable('STATE_004_RECORD_TOO_NEW', 'a newer Phi wrote an execution of this event');
    case 'CORRUPT_RECORD':
      throw unreadable('STATE_002_QUEUE_STATE_CORRUPT', 'an execution of this event is damaged');
  }
}

function unreadable(code: string, reason: string): PhiError {
  return new PhiError(code, reason, { operation: 'scheduler.take-event' });
}
