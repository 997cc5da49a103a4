import type { EventTriggerType } from '../schema/trigger.js';
import type { EventChannel } from './event-intake.js';

/** The channels whose events each type of trigger takes (docs/adr/0010-events.md). */
export const TRIGGER_CHANNELS: Readonly<Record<EventTriggerType, readonly EventChannel[]>> = {
  API_CALL: ['HTTP'],
  WEBHOOK: ['WEBHOOK'],
  MESSAGE: ['QUEUE', 'STREAM'],
  DATA_ARRIVAL: ['DATASET', 'FILE', 'HTTP', 'QUEUE', 'STREAM'],
};
