import { PhiError, type ExecutionRecord, type JsonObject, type JsonValue } from '@phi/core';

import type { Services } from './services.js';

/** What stands for an event that did not fit into the parameters of its execution: `{"$ref": "event:<number>"}`. */
const REFERENCE = /^event:(\d+)$/;

/**
 * The parameters of an execution with its events in full, so that a body never sees a reference.
 *
 * @throws PhiError STATE_002_QUEUE_STATE_CORRUPT when one is not kept any more
 */
export async function resolveEvents(
  services: Services,
  record: ExecutionRecord,
  parameters: JsonObject,
): Promise<JsonObject> {
  const events = parameters['events'];
  // Only Phi writes the events of these: a reference in anybody else's parameters is plain data.
  if (record.trigger_type !== 'EVENT' || !Array.isArray(events)) return parameters;
  const numbers = events.map(numberOf).filter((number) => number !== undefined);
  if (numbers.length === 0) return parameters;
  const bodies = await services.events.bodies(numbers);
  return { ...parameters, events: events.map((event) => inFull(event, bodies)) };
}

function inFull(event: JsonValue, bodies: ReadonlyMap<string, string>): JsonValue {
  const number = numberOf(event);
  if (number === undefined) return event;
  const body = bodies.get(number);
  if (body !== undefined) return JSON.parse(body) as JsonValue;
  throw new PhiError('STATE_002_QUEUE_STATE_CORRUPT', `event ${number} is not kept any more`, {
    operation: 'engine.resolve-events',
    data: { event: number },
  });
}

function numberOf(event: JsonValue): string | undefined {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) return undefined;
  const reference = event['$ref'];
  return typeof reference === 'string' ? REFERENCE.exec(reference)?.[1] : undefined;
}
