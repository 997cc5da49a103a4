import * as z from 'zod';
import { authored } from './authored.js';
import { seconds } from './field-types.js';

const heartbeatFields = {
  heartbeat_interval_seconds: seconds(5, 300).describe(
    'Seconds between heartbeats (Rule 13). Default: EXECUTOR_HEARTBEAT_INTERVAL_SECONDS.',
  ),
  missed_heartbeat_limit: z
    .number()
    .min(1)
    .max(100)
    .describe(
      'Fail after so many missed heartbeats (Rule 13). Default: EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER.',
    ),
  watch_progress: z
    .boolean()
    .describe("Watch the body's own progress, not only its executor's. Default: false."),
};

/** How a running job proves that it is alive (specification: Rule 13). */
export const heartbeatSchema = z.strictObject(heartbeatFields);
export type Heartbeat = z.infer<typeof heartbeatSchema>;

export const authoredHeartbeatSchema = authored(heartbeatFields, []);
export type AuthoredHeartbeat = z.infer<typeof authoredHeartbeatSchema>;
