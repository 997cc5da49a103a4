import type * as z from 'zod';
import { authoredJobDefinitionSchema } from './job-definition.js';
import { authoredScheduleSchema } from './schedule.js';
import { authored } from './authored.js';

const job = authoredJobDefinitionSchema.shape;
const schedule = authoredScheduleSchema.shape;

/**
 * What jobs of a namespace have where they do not say otherwise; it goes before the values built in.
 * Only what can hold for many jobs: nothing that names or starts one.
 */
export const namespaceDefaultsSchema = authored(
  {
    schedule: authored(
      {
        timezone: schedule.timezone,
        skip_if_running: schedule.skip_if_running,
        queue_if_running: schedule.queue_if_running,
        catchup_enabled: schedule.catchup_enabled,
        max_catchup_runs: schedule.max_catchup_runs,
        tolerance_seconds: schedule.tolerance_seconds,
        dst: schedule.dst,
      },
      [],
    ),
    dependency_policy: job.dependency_policy,
    resources: job.resources,
    retry_policy: job.retry_policy,
    concurrency: job.concurrency,
    timeout_seconds: job.timeout_seconds,
    timeout_action: job.timeout_action,
    timeout_extension_seconds: job.timeout_extension_seconds,
    max_timeout_extensions: job.max_timeout_extensions,
    queue_timeout_seconds: job.queue_timeout_seconds,
    heartbeat: job.heartbeat,
    checkpoint: job.checkpoint,
    dead_letter: job.dead_letter,
    cancellation: job.cancellation,
    execution_windows: job.execution_windows,
    skip_outside_window: job.skip_outside_window,
    fit_in_window: job.fit_in_window,
    execution_window_timezone: job.execution_window_timezone,
    tags: job.tags,
    owner: job.owner,
    history_retention: job.history_retention,
    requires_approval: job.requires_approval,
  },
  [],
);
export type NamespaceDefaults = z.infer<typeof namespaceDefaultsSchema>;
