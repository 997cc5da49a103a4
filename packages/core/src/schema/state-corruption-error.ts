import * as z from 'zod';
import { generatedId } from './field-types.js';

export const STATE_TYPES = ['CHECKPOINT', 'QUEUE_STATE', 'DEPENDENCY_STATE'] as const;
export type StateType = (typeof STATE_TYPES)[number];

export const CORRUPTION_TYPES = ['PARTIAL_WRITE', 'DESERIALIZE_FAIL', 'CHECKSUM_MISMATCH'] as const;
export type CorruptionType = (typeof CORRUPTION_TYPES)[number];

/** Execution state became inconsistent (specification: StateCorruptionError). */
export const stateCorruptionErrorSchema = z.strictObject({
  execution_id: generatedId.describe('Execution whose state is damaged.'),
  state_type: z.enum(STATE_TYPES).describe('Which part of its state.'),
  corruption_type: z.enum(CORRUPTION_TYPES).describe('How it is damaged.'),
  recovery_attempted: z.boolean().describe('Whether reconstruction was tried.'),
  recovery_successful: z.boolean().describe('Whether it succeeded.'),
  data_loss_scope: z.string().describe('What is lost.'),
});
export type StateCorruptionError = z.infer<typeof stateCorruptionErrorSchema>;
