import {
  depthOf,
  EVENT_BYTES,
  EVENT_DEPTH_AT_MOST,
  eventExecutionId,
  type AcceptAnswer,
  type AcceptResult,
  type DeliveryCommand,
  type EventRequest,
} from '@phi/core';

import type { ActiveTrigger } from './active-trigger.js';
import type { Catalog } from './catalog.js';
import { matchEvent, type Matches } from './match-event.js';
import { reportTriggerErrors } from './report-trigger-error.js';
import type { Services } from './services.js';

/** How often the registered graph may change under an event before it is refused. */
const TRIES = 5;

/** When a full queue or an exhausted resource is worth another try, in seconds: an estimate. */
const RETRY_AFTER_SECONDS = 2;

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
    if (answer.ok) {
      if (answer.outcome !== 'DUPLICATE') await reportTriggerErrors(services, matches.failed);
      return describe(answer, matches);
    }
    if (answer.refusal === 'STALE_GRAPH') catalog = await services.catalog.refresh(catalog);
    else if (answer.refusal === 'UNKNOWN_PLAN') await savePlans(services, catalog, matches.matched);
    else if (answer.refusal === 'EXHAUSTED') return { ...answer, retry_after_seconds: RETRY_AFTER_SECONDS };
    else return refuse(answer.refusal);
  }
  return { ok: false, refusal: 'GRAPH_UNSETTLED' };
}

function send(
  services: Services,
  catalog: Catalog,
  { event, actor, when_full }: EventRequest,
  { text, matched }: { readonly text: string; readonly matched: readonly ActiveTrigger[] },
): Promise<AcceptAnswer> {
  const depth = depthOf(event);
  return services.events.accept({
    source: event.source,
    id: event.id,
    event: text,
    depth,
    too_deep: depth > EVENT_DEPTH_AT_MOST,
    hold: when_full === 'HOLD',
    capacity: services.config.EXECUTOR_QUEUE_CAPACITY,
    actor,
    ...(catalog.graph_id === undefined ? {} : { graph_id: catalog.graph_id }),
    deliveries: matched.map((active): DeliveryCommand => ({
      job_id: active.job_id,
      trigger_id: active.trigger_id,
      plan_id: catalog.planOf(active.job_id).plan_id,
      execution_id: eventExecutionId(services.namespace, active, event),
      window_ms: active.trigger.batch_window_seconds * 1000,
      debounce_ms: active.trigger.debounce_seconds * 1000,
      waits: active.waits,
      digest: active.digest,
    })),
  });
}

async function savePlans(
  services: Services,
  catalog: Catalog,
  matched: readonly ActiveTrigger[],
): Promise<void> {
  const jobIds = new Set(matched.map(({ job_id }) => job_id));
  await Promise.all([...jobIds].map((jobId) => services.executions.savePlan(catalog.planOf(jobId))));
}

function describe(
  answer: Extract<AcceptAnswer, { ok: true }>,
  { matched, passed_over }: Matches,
): AcceptResult {
  const deliveries = answer.deliveries.flatMap((delivery, index) => {
    const to = matched[index];
    return to === undefined ? [] : [{ job_id: to.job_id, trigger_id: to.trigger_id, ...delivery }];
  });
  return { ok: true, outcome: answer.outcome, deliveries, passed_over };
}

function refuse(
  refusal: 'QUEUE_FULL' | 'CONCURRENCY_LIMIT' | 'UPGRADE_REQUIRED' | 'CORRUPT_RECORD',
): AcceptResult {
  return refusal === 'QUEUE_FULL' || refusal === 'CONCURRENCY_LIMIT'
    ? { ok: false, refusal, retry_after_seconds: RETRY_AFTER_SECONDS }
    : { ok: false, refusal };
}
