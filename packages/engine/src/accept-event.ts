import {
  EVENT_BYTES,
  eventExecutionId,
  type AcceptAnswer,
  type AcceptResult,
  type DeliveryCommand,
  type EventRequest,
} from '@phi/core';

import type { Catalog } from './catalog.js';
import { matchEvent, type Matches } from './match-event.js';
import type { Services } from './services.js';
import type { ActiveTrigger } from './trigger-index.js';

/** How often the registered graph may change under an event before it is refused. */
const TRIES = 5;

/**
 * Accepts an event once, together with all that it starts (specification: Event-Based Triggers). Whoever sent it may send it
 * again until this has answered: a repetition is a DUPLICATE.
 *
 * @param request - its event is valid by `cloudEventSchema`
 */
export async function acceptEvent(services: Services, request: EventRequest): Promise<AcceptResult> {
  const text = JSON.stringify(request.event);
  if (Buffer.byteLength(text) > EVENT_BYTES) return { ok: false, refusal: 'EVENT_TOO_LARGE' };
  let catalog = await services.catalog.cachedOrRead();
  for (let tried = 0; tried < TRIES; tried++) {
    const matches = matchEvent(catalog.triggers, request);
    const answer = await send(services, catalog, request, { text, matched: matches.matched });
    if (answer.ok) return describe(answer, matches);
    if (answer.refusal === 'STALE_GRAPH') catalog = await services.catalog.refresh(catalog);
    else if (answer.refusal === 'UNKNOWN_PLAN') await savePlans(services, catalog, matches.matched);
    else return { ok: false, refusal: answer.refusal };
  }
  return { ok: false, refusal: 'GRAPH_UNSETTLED' };
}

function send(
  services: Services,
  catalog: Catalog,
  { event, actor }: EventRequest,
  { text, matched }: { readonly text: string; readonly matched: readonly ActiveTrigger[] },
): Promise<AcceptAnswer> {
  return services.events.accept({
    source: event.source,
    id: event.id,
    event: text,
    actor,
    ...(catalog.graph_id === undefined ? {} : { graph_id: catalog.graph_id }),
    deliveries: matched.map(({ job, trigger }): DeliveryCommand => {
      const ids = { job_id: job.job_id, trigger_id: trigger.trigger_id };
      return {
        ...ids,
        plan_id: catalog.planOf(job.job_id).plan_id,
        execution_id: eventExecutionId(services.namespace, ids, event),
      };
    }),
  });
}

async function savePlans(
  services: Services,
  catalog: Catalog,
  matched: readonly ActiveTrigger[],
): Promise<void> {
  const jobIds = new Set(matched.map(({ job }) => job.job_id));
  await Promise.all([...jobIds].map((jobId) => services.executions.savePlan(catalog.planOf(jobId))));
}

function describe(
  answer: Extract<AcceptAnswer, { ok: true }>,
  { matched, passed_over }: Matches,
): AcceptResult {
  const deliveries = answer.deliveries.flatMap((delivery, index) => {
    const to = matched[index];
    return to === undefined
      ? []
      : [{ job_id: to.job.job_id, trigger_id: to.trigger.trigger_id, ...delivery }];
  });
  return { ok: true, outcome: answer.outcome, deliveries, passed_over };
}
