import { TRIGGER_CHANNELS, type EventRequest } from '@phi/core';

import type { ActiveTrigger } from './active-trigger.js';
import type { TriggerIndex } from './trigger-index.js';

/** A trigger that would have taken an event but for the reason. */
export interface PassedOver {
  readonly job_id: string;
  readonly trigger_id: string;
  readonly reason: string;
}

export interface Matches {
  readonly matched: readonly ActiveTrigger[];
  readonly passed_over: readonly PassedOver[];
}

/** Which triggers take an event: by its source and the channel that it came by. */
export function matchEvent(triggers: TriggerIndex, { event, channel }: EventRequest): Matches {
  const matched: ActiveTrigger[] = [];
  const passed_over: PassedOver[] = [];
  for (const active of triggers.get(event.source) ?? []) {
    const channels = TRIGGER_CHANNELS[active.trigger.trigger_type];
    if (channels.includes(channel)) matched.push(active);
    else passed_over.push(passOver(active, `takes events by ${channels.join(', ')}, not by ${channel}`));
  }
  return { matched, passed_over };
}

function passOver({ job_id, trigger_id }: ActiveTrigger, reason: string): PassedOver {
  return { job_id, trigger_id, reason };
}
