import { compileExpression, TRIGGER_CHANNELS, type CloudEvent, type EventRequest } from '@phi/core';

import type { ActiveTrigger } from './active-trigger.js';
import type { TriggerIndex } from './trigger-index.js';

/** A trigger that would have taken an event but for the reason. */
export interface PassedOver {
  readonly job_id: string;
  readonly trigger_id: string;
  readonly reason: string;
}

/** A trigger whose filter could not be evaluated. */
export interface FailedFilter {
  readonly active: ActiveTrigger;
  readonly reason: string;
}

export interface Matches {
  readonly matched: readonly ActiveTrigger[];
  readonly passed_over: readonly PassedOver[];
  /** Those of the triggers passed over that something is wrong with. */
  readonly failed: readonly FailedFilter[];
}

/** Which triggers take an event: by its source, the channel that it came by, and their filters. */
export function matchEvent(triggers: TriggerIndex, { event, channel }: EventRequest): Matches {
  const matched: ActiveTrigger[] = [];
  const passed_over: PassedOver[] = [];
  const failed: FailedFilter[] = [];
  for (const active of triggers.get(event.source) ?? []) {
    const channels = TRIGGER_CHANNELS[active.trigger.trigger_type];
    if (!channels.includes(channel)) {
      passed_over.push(passOver(active, `takes events by ${channels.join(', ')}, not by ${channel}`));
      continue;
    }
    const answer = askFilter(active.trigger.filter, event);
    if (answer === true) matched.push(active);
    if (typeof answer === 'boolean') continue;
    failed.push({ active, reason: answer });
    passed_over.push(passOver(active, `its filter has no answer: ${answer}`));
  }
  return { matched, passed_over, failed };
}

/** @returns the answer, or why there is none */
function askFilter(filter: string | null, event: CloudEvent): boolean | string {
  if (filter === null) return true;
  const compiled = compileExpression(filter, ['event']);
  // Only a build that knows other expressions can have registered it.
  if (!compiled.ok) return compiled.problem.reason;
  const evaluation = compiled.expression.evaluate({ event });
  return evaluation.ok ? evaluation.value : evaluation.reason;
}

function passOver({ job_id, trigger_id }: ActiveTrigger, reason: string): PassedOver {
  return { job_id, trigger_id, reason };
}
