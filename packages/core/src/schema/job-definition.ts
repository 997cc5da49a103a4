import * as z from 'zod';
import { authored } from './authored.js';
import { authoredCancellationSchema, cancellationSchema } from './cancellation.js';
import { authoredCheckpointSchema, checkpointSchema } from './checkpoint.js';
import { authoredConcurrencySchema, concurrencySchema } from './concurrency.js';
import { authoredDeadLetterSchema, deadLetterSchema } from './dead-letter.js';
import { authoredDependencySchema, dependencySchema } from './dependency.js';
import { authoredDependencyPolicySchema, dependencyPolicySchema } from './dependency-policy.js';
import { executionWindowSchema } from './execution-window.js';
import { acceptedTexts, DAY_SECONDS, identifier, seconds, text, timezone } from './field-types.js';
import { authoredHeartbeatSchema, heartbeatSchema } from './heartbeat.js';
import { historyRetentionSchema } from './history-retention.js';
import { checkJob } from './job-checks.js';
import { jsonObject } from './json.js';
import { parameterSchema } from './parameter-schema.js';
import { authoredResourceRequestSchema, resourceRequestSchema } from './resource-request.js';
import { authoredRetryPolicySchema, retryPolicySchema } from './retry-policy.js';
import { authoredScheduleSchema, scheduleSchema } from './schedule.js';
import { authoredTriggerSchema, triggerSchema } from './trigger.js';

export const JOB_TYPES = ['INGESTION', 'TRANSFORMATION', 'OUTPUT', 'COMPOSITE'] as const;
export type JobType = (typeof JOB_TYPES)[number];

/** The modules that every installation knows; `pipeline_modules` may name registered ones besides. */
export const BUILTIN_MODULES = ['ALPHA', 'BETA', 'GAMMA', 'EPSILON'] as const;
export type BuiltinModule = (typeof BUILTIN_MODULES)[number];

export const TIMEOUT_ACTIONS = ['TERMINATE', 'WARN', 'EXTEND'] as const;
export type TimeoutAction = (typeof TIMEOUT_ACTIONS)[number];

const datasets = z
  .array(
    z
      .string()
      .regex(/^[\w./:-]{1,256}$/, { error: 'is not a dataset name' })
      .register(acceptedTexts, { accepted: '1 to 256 letters, digits or ". _ / : -"' }),
  )
  .max(200);

const jobDefinitionFields = {
  job_id: identifier.describe('Unique job identifier.'),
  name: text(256).describe('Human-readable name. Default: the job_id.'),
  description: text(4096).describe('Job purpose description.'),
  job_type: z.enum(JOB_TYPES).describe('What kind of job this is.'),
  pipeline_modules: z
    .array(identifier)
    .min(1)
    .max(32)
    .describe('Modules involved, in order: ALPHA, BETA, GAMMA, EPSILON or registered names.'),
  schedule: scheduleSchema.nullable().describe('When to run (null for event-triggered).'),
  triggers: z.array(triggerSchema).max(100).describe('Event-based triggers.'),
  dependencies: z.array(dependencySchema).max(1000).describe('Upstream job dependencies.'),
  trigger_on_dependencies: z
    .boolean()
    .describe(
      'Whether completed dependencies start the job. Default: true without a schedule or trigger, false with one.',
    ),
  dependency_policy: dependencyPolicySchema.describe('How the dependencies are satisfied (Rule 2).'),
  parameters: jsonObject().describe('Default job parameters.'),
  parameter_schema: parameterSchema
    .nullable()
    .describe('JSON Schema that the parameters of an execution must satisfy.'),
  locked_parameters: z
    .array(z.string().min(1).max(256))
    .max(1000)
    .describe('Parameters that a trigger may not override.'),
  resources: resourceRequestSchema.describe('Required resources (Rules 5 and 6).'),
  retry_policy: retryPolicySchema.describe('Failure retry configuration (Rules 8 to 11).'),
  concurrency: concurrencySchema.describe('How many executions of the job may be open at once (Rule 3).'),
  timeout_seconds: seconds(1, 30 * DAY_SECONDS).describe(
    'Maximum execution time, in seconds (Rule 12). Default: 3600.',
  ),
  timeout_action: z.enum(TIMEOUT_ACTIONS).describe('What happens then (Rule 12). Default: TERMINATE.'),
  timeout_extension_seconds: seconds(1, 30 * DAY_SECONDS)
    .nullable()
    .describe('By how much EXTEND extends, in seconds (Rule 12).'),
  max_timeout_extensions: z
    .int()
    .min(0)
    .max(100)
    .describe('How often EXTEND may extend (Rule 12). Default: 1.'),
  queue_timeout_seconds: seconds(1, 30 * DAY_SECONDS)
    .nullable()
    .describe('Maximum time in the queue, in seconds. Default: none.'),
  heartbeat: heartbeatSchema.describe('How a running execution proves liveness (Rule 13).'),
  checkpoint: checkpointSchema.describe('When a running execution saves its state (Rule 14).'),
  dead_letter: deadLetterSchema.describe('Where permanently failed executions go (Rule 15).'),
  cancellation: cancellationSchema.describe('What a cancellation reaches (Rule 16).'),
  execution_windows: z
    .array(executionWindowSchema)
    .max(100)
    .describe('When executions may run (Rule 17). Default: always.'),
  skip_outside_window: z
    .boolean()
    .describe('Skip outside the windows; false holds until one opens (Rule 17). Default: true.'),
  fit_in_window: z
    .boolean()
    .describe(
      'Treat a window as closed once the usual duration (p95 of the history) no longer fits into the rest of it (Rule 17). Default: false.',
    ),
  execution_window_timezone: timezone
    .nullable()
    .describe("Time zone of the windows (Rule 17). Default: the schedule's."),
  consumes: datasets.describe('Datasets that the job reads.'),
  produces: datasets.describe('Datasets that the job publishes.'),
  tags: z.array(z.string().min(1).max(128)).max(100).describe('Labels to find the job by.'),
  owner: text(256).nullable().describe('Who answers for the job.'),
  history_retention: historyRetentionSchema
    .nullable()
    .describe('How long runs with the job are kept after they have ended. Default: HISTORY_RETENTION_DAYS.'),
  requires_approval: z.boolean().describe('Whether changes of the job need approval. Default: false.'),
  enabled: z.boolean().describe('Whether job is active. Default: true.'),
  version: z
    .string()
    .min(1)
    .max(128)
    .describe('Job definition version: the label of its author. Default: "1".'),
};

/** Defines a pipeline job configuration (specification: JobDefinition), everything filled in. */
export const jobDefinitionSchema = z.strictObject(jobDefinitionFields).superRefine(checkJob);
export type JobDefinition = z.infer<typeof jobDefinitionSchema>;

/** A JobDefinition as its author writes it: only job_id, job_type and pipeline_modules must be there. */
export const authoredJobDefinitionSchema = authored(
  {
    ...jobDefinitionFields,
    schedule: authoredScheduleSchema.nullable().describe('When to run (null for event-triggered).'),
    triggers: z.array(authoredTriggerSchema).max(100).describe('Event-based triggers.'),
    dependencies: z.array(authoredDependencySchema).max(1000).describe('Upstream job dependencies.'),
    dependency_policy: authoredDependencyPolicySchema.describe(
      'How the dependencies are satisfied (Rule 2).',
    ),
    resources: authoredResourceRequestSchema.describe('Required resources (Rules 5 and 6).'),
    retry_policy: authoredRetryPolicySchema.describe('Failure retry configuration (Rules 8 to 11).'),
    concurrency: authoredConcurrencySchema.describe(
      'How many executions of the job may be open at once (Rule 3).',
    ),
    heartbeat: authoredHeartbeatSchema.describe('How a running execution proves liveness (Rule 13).'),
    checkpoint: authoredCheckpointSchema.describe('When a running execution saves its state (Rule 14).'),
    dead_letter: authoredDeadLetterSchema.describe('Where permanently failed executions go (Rule 15).'),
    cancellation: authoredCancellationSchema.describe('What a cancellation reaches (Rule 16).'),
  },
  ['job_id', 'job_type', 'pipeline_modules'],
).superRefine(checkJob);
export type AuthoredJobDefinition = z.infer<typeof authoredJobDefinitionSchema>;
