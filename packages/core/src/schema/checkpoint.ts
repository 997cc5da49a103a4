import * as z from 'zod';
import { authored } from './authored.js';
import { DAY_SECONDS, seconds } from './field-types.js';

const checkpointFields = {
  checkpoint_interval_seconds: seconds(1, DAY_SECONDS).describe(
    'Seconds between checkpoints (Rule 14). Default: 300.',
  ),
  checkpoint_on_stage: z.boolean().describe('Checkpoint at each pipeline stage (Rule 14). Default: true.'),
};

/** When a long-running job saves where it stands (specification: Rule 14). */
export const checkpointSchema = z.strictObject(checkpointFields);
export type Checkpoint = z.infer<typeof checkpointSchema>;

export const authoredCheckpointSchema = authored(checkpointFields, []);
export type AuthoredCheckpoint = z.infer<typeof authoredCheckpointSchema>;
