import {
  cloudEventSchema,
  type AcceptResult,
  type AuthoredTrigger,
  type CloudEvent,
  type EventRequest,
  type ExecutionRecord,
} from '@phi/core';
import { acceptEvent, type Services } from '@phi/engine';

import { executionsOf, type EngineFixture } from './engine-fixture.js';

export function eventOf(id: string, more: Partial<CloudEvent> = {}): CloudEvent {
  return cloudEventSchema.parse({ specversion: '1.0', id, source: 'shop', type: 'order.placed', ...more });
}

/** A trigger `t` for events of `shop` that come by HTTP. */
export function triggerOf(more: Partial<AuthoredTrigger> = {}): AuthoredTrigger {
  return { trigger_id: 't', trigger_type: 'API_CALL', source: 'shop', ...more };
}

export function accept(
  services: Services,
  event: CloudEvent,
  more: Partial<EventRequest> = {},
): Promise<AcceptResult> {
  return acceptEvent(services, { event, channel: 'HTTP', actor: 'tester', when_full: 'REFUSE', ...more });
}

/** Accepts events one after another. @returns the state of the first delivery of each, or what else became of it */
export async function acceptAll(services: Services, ids: readonly string[]): Promise<string[]> {
  const states: string[] = [];
  for (const id of ids) {
    const result = await accept(services, eventOf(id));
    states.push(result.ok ? (result.deliveries[0]?.state ?? result.outcome) : result.refusal);
  }
  return states;
}

/** The ids of an execution's events, in their order; of an event that it refers to, the reference. */
export function eventIdsOf(record: ExecutionRecord): string[] {
  const { events } = JSON.parse(record.parameters ?? '{"events":[]}') as {
    events: ({ id: string } | { $ref: string })[];
  };
  return events.map((event) => ('id' in event ? event.id : event.$ref));
}

/** The event ids of each of a job's executions, the oldest execution first. */
export async function startedBy(services: Services, job_id: string): Promise<string[][]> {
  const executions = await executionsOf(services, job_id);
  return executions.map(eventIdsOf).reverse();
}

/** Makes a job look as if a chain of it were open, beside those that are. @returns ends that chain */
export async function holdOpen(fixture: EngineFixture, job_id: string): Promise<() => Promise<void>> {
  const open = fixture.key(`open:${job_id}`);
  await fixture.redis.zadd(open, 1, 'another');
  return async () => {
    await fixture.redis.zrem(open, 'another');
  };
}
