import * as z from 'zod';
import { authored } from './authored.js';
import { expressionOver } from './expression.js';
import { DAY_SECONDS, derivedIdentifier, seconds } from './field-types.js';

export const EVENT_TRIGGER_TYPES = ['DATA_ARRIVAL', 'API_CALL', 'MESSAGE', 'WEBHOOK'] as const;
export type EventTriggerType = (typeof EVENT_TRIGGER_TYPES)[number];

const triggerFields = {
  trigger_id: derivedIdentifier.describe('Unique trigger identifier. Default: <job_id>.trigger-<n>.'),
  trigger_type: z.enum(EVENT_TRIGGER_TYPES).describe('What kind of event starts the job.'),
  source: z
    .string()
    .min(1)
    .max(256)
    .describe(
      'Event source identifier; file: and a path or glob below PHI_SOURCE_DIR, or stream: and a Redis stream, are watched.',
    ),
  filter: expressionOver('event').nullable().describe('Event filter expression, in CEL over `event`.'),
  batch_window_seconds: seconds(0, DAY_SECONDS).describe(
    'Window to batch events, in seconds (0 = immediate). Default: 0.',
  ),
  debounce_seconds: seconds(0, DAY_SECONDS).describe(
    'Minimum time between triggers, in seconds. Default: 0.',
  ),
  enabled: z.boolean().describe('Whether trigger is active. Default: true.'),
};

/** Defines event-based job triggering (specification: Trigger). */
export const triggerSchema = z.strictObject(triggerFields);
export type Trigger = z.infer<typeof triggerSchema>;

export const authoredTriggerSchema = authored(triggerFields, ['trigger_type', 'source']);
export type AuthoredTrigger = z.infer<typeof authoredTriggerSchema>;
