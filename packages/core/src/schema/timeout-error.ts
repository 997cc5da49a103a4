import * as z from 'zod';
import { dateTime, generatedId } from './field-types.js';

export const TERMINATION_METHODS = ['GRACEFUL', 'FORCED'] as const;
export type TerminationMethod = (typeof TERMINATION_METHODS)[number];

/** An execution exceeded its time limit (specification: TimeoutError). */
export const timeoutErrorSchema = z.strictObject({
  execution_id: generatedId.describe('Execution that was too slow.'),
  timeout_seconds: z.int().min(1).describe('Its limit, in seconds.'),
  elapsed_seconds: z.number().min(0).describe('How long it ran, in seconds.'),
  last_heartbeat: dateTime.nullable().describe('When it last proved liveness.'),
  checkpoint_available: z.boolean().describe('Whether the next attempt can resume.'),
  termination_method: z.enum(TERMINATION_METHODS).describe('How it was ended.'),
});
export type TimeoutError = z.infer<typeof timeoutErrorSchema>;
