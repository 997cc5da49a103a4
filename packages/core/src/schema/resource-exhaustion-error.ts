import * as z from 'zod';
import { count, identifier } from './field-types.js';

export const RESOURCE_TYPES = ['MEMORY', 'CPU', 'DISK', 'CONNECTIONS'] as const;
export type ResourceType = (typeof RESOURCE_TYPES)[number];

export const EMERGENCY_ACTIONS = ['PAUSE_SCHEDULING', 'QUEUE_ALL', 'REJECT_LOW_PRIORITY'] as const;
export type EmergencyAction = (typeof EMERGENCY_ACTIONS)[number];

/** System resources are insufficient for job execution (specification: ResourceExhaustionError). */
export const resourceExhaustionErrorSchema = z.strictObject({
  resource_type: z.enum(RESOURCE_TYPES).describe('Which resource.'),
  current_usage: z.number().describe('How much of it is used.'),
  threshold: z.number().describe('From which use on it counts as exhausted.'),
  affected_jobs: z.array(identifier).describe('Jobs that wait for it.'),
  queued_count: count.describe('Executions that wait for it.'),
  estimated_recovery_seconds: count.nullable().describe('Seconds until it recovers, where that can be told.'),
});
export type ResourceExhaustionError = z.infer<typeof resourceExhaustionErrorSchema>;
