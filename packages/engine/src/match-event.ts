import { compileExpression, TRIGGER_CHANNELS, type CloudEvent, type EventRequest } from '@phi/core';

import type { ActiveTrigger } from './active-trigger.js';
import { checkParameters } from './check-parameters.js';
import type { TriggerIndex } from './trigger-index.js';

/** A trigger that would have taken an event but for the reason. */
export interface PassedOver {
  readonly job_id: string;
  readonly trigger_id: string;
  readonly reason: string;
}

/** A trigger that something is wrong with, as an event showed. */
export interface FailedTrigger {
  readonly active: ActiveTrigger;
  readonly reason: string;
}

export interface Matches {
  readonly matched: readonly ActiveTrigger[];
  readonly passed_over: readonly PassedOver[];
  /** Those of the triggers passed over that something is wrong with. */
  readonly failed: readonly FailedTrigger[];
}

/** Which triggers take an event: by its source, the channel that it came by, their filters and their jobs' parameters. */
export function matchEvent(triggers: TriggerIndex, { event, channel }: EventRequest): Matches {
  const matched: ActiveTrigger[] = [];
  const passed_over: PassedOver[] = [];
  const failed: FailedTrigger[] = [];
  for (const active of triggers.get(event.source) ?? []) {
    const channels = TRIGGER_CHANNELS[active.trigger.trigger_type];
    if (!channels.includes(channel)) {
      passed_over.push(passOver(active, `takes events by ${channels.join(', ')}, not by ${channel}`));
      continue;
    }
    const answer = ask(active, event);
    if (answer === true) matched.push(active);
    if (typeof answer === 'boolean') continue;
    failed.push({ active, reason: answer });
    passed_over.push(passOver(active, answer));
  }
  return { matched, passed_over, failed };
}

/** @returns whether a trigger takes an event, or why there is no answer */
function ask({ trigger, job }: ActiveTrigger, event: CloudEvent): boolean | string {
  const answer = askFilter(trigger.filter, event);
  if (typeof answer === 'string') return `its filter has no answer: ${answer}`;
  if (!answer) return false;
  // Each event by itself: what else is in a batch with it must not decide about it.
  const [problem] = checkParameters(job.definition, { events: [event] });
  if (problem === undefined) return true;
  return `its job does not accept the parameters: ${problem.field} ${problem.reason}`;
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
