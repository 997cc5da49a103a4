import * as z from 'zod';
import { EXECUTION_STATUSES } from '../state/status.js';
import { executionResultSchema } from './execution-result.js';
import { count, dateTime, generatedId, identifier } from './field-types.js';
import { jsonObject } from './json.js';
import { timeoutErrorSchema } from './timeout-error.js';

export const TRIGGER_TYPES = ['SCHEDULED', 'MANUAL', 'DEPENDENCY', 'EVENT'] as const;
/** What initiated an execution. */
export type TriggerType = (typeof TRIGGER_TYPES)[number];

export const HOLDS = ['WINDOW', 'TURN'] as const;

const executionHoldSchema = z.strictObject({
  by: z
    .enum(HOLDS)
    .describe(
      'WINDOW: the execution windows of its job are closed (Rule 17). TURN: others go first (Rules 3 and 4).',
    ),
  until: dateTime.optional().describe('With WINDOW: when they open.'),
  behind: generatedId.optional().describe('With TURN: the execution that goes before it.'),
});

/** Represents a single job execution instance, which is one attempt (specification: Execution). */
export const executionSchema = z.strictObject({
  execution_id: generatedId.describe('Unique execution identifier.'),
  job_id: identifier.describe('Reference to job definition.'),
  status: z.enum(EXECUTION_STATUSES).describe('State of the lifecycle.'),
  trigger_type: z.enum(TRIGGER_TYPES).describe('What initiated it.'),
  trigger_id: generatedId.describe(
    "Specific trigger that initiated: the schedule's, trigger's, dependency's or request's id.",
  ),
  parameters: jsonObject().describe('Execution parameters (merged defaults + overrides).'),
  scheduled_time: dateTime.describe('When execution was scheduled: its nominal time.'),
  queued_time: dateTime.nullable().describe('When added to execution queue.'),
  started_time: dateTime.nullable().describe('When execution began.'),
  completed_time: dateTime.nullable().describe('When execution finished.'),
  attempt_number: z.int().min(1).describe('Current attempt (1-based).'),
  parent_execution_id: generatedId.nullable().describe('For retries, reference to original.'),
  checkpoint_state: z.base64().nullable().describe('Serialized checkpoint data, in base64; null in lists.'),
  result: executionResultSchema.nullable().describe('Execution outcome.'),
  namespace: identifier.describe('Namespace that it belongs to.'),
  run_id: generatedId.describe('Execution that started the run it belongs to.'),
  job_revision: count.describe('Revision of the job definition that it runs.'),
  revision: count.describe('How many transitions it has made.'),
  not_before: dateTime
    .nullable()
    .describe('Earliest time it may be queued: for retries, the end of the backoff.'),
  retried_by: generatedId.nullable().describe('The execution that is its next attempt, once there is one.'),
  last_heartbeat: dateTime
    .nullable()
    .describe(
      'While it is RUNNING: the last heartbeat of its body that its executor has reported (Rule 13).',
    ),
  stage: z
    .string()
    .nullable()
    .describe('While it is RUNNING: the stage that last told of its progress, a name of `pipeline_modules`.'),
  records_processed: count
    .nullable()
    .describe('While it is RUNNING: the records that this stage has handled so far.'),
  timeout_error: timeoutErrorSchema
    .nullable()
    .describe('What it took too long for (Rule 12); null where it did not.'),
  hold: executionHoldSchema
    .nullable()
    .describe('What keeps it PENDING although its dependencies are met; null where nothing does.'),
});
export type Execution = z.infer<typeof executionSchema>;
