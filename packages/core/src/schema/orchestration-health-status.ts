import * as z from 'zod';
import { count } from './field-types.js';
import { exhaustedResourceSchema } from './exhausted-resource.js';

export const HEALTH_STATUSES = ['HEALTHY', 'DEGRADED', 'UNHEALTHY'] as const;
export type HealthStatus = (typeof HEALTH_STATUSES)[number];

/** How Phi is doing (specification: Health Check Integration). */
export const orchestrationHealthStatusSchema = z.strictObject({
  overall_status: z.enum(HEALTH_STATUSES).describe('HEALTHY, DEGRADED or UNHEALTHY.'),
  scheduler_status: z.string().describe('How the scheduler is doing.'),
  executor_status: z.string().describe('How the executors are doing.'),
  dependency_resolver_status: z.string().describe('How the dependency resolver is doing.'),
  integrity_status: z.string().describe('Whether something had to be repaired in the last hour, and what.'),
  resource_status: z.string().describe('Whether a resource is exhausted, and what is done about it.'),
  exhausted_resources: z.array(exhaustedResourceSchema).describe('Resources that are exhausted now.'),
  redis_status: z.string().describe('Whether Redis holds what it held, and is set up to keep it.'),
  active_executions: count.describe('Executions that run.'),
  queued_jobs: count.describe('Executions that wait for admission.'),
  error_rate_1h: z
    .number()
    .min(0)
    .max(1)
    .describe('Share of executions that failed in the last hour, 0.0-1.0.'),
  success_rate_24h: z
    .number()
    .min(0)
    .max(1)
    .describe('Share of executions that succeeded in the last 24 hours, 0.0-1.0.'),
});
export type OrchestrationHealthStatus = z.infer<typeof orchestrationHealthStatusSchema>;
