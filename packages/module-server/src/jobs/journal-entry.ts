import { jobErrorSchema, stageResultSchema } from '@phi/modules';
import { z } from 'zod';

/** How a job ended. */
export const jobEndSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('SUCCEEDED'), result: stageResultSchema }),
  z.object({ state: z.literal('FAILED'), error: jobErrorSchema }),
  z.object({ state: z.literal('CANCELLED') }),
]);
export type JobEnd = z.infer<typeof jobEndSchema>;

/** What of a job never changes. Its parameters are not kept: secrets are in them. */
export const jobIdentitySchema = z.object({
  ref: z.string(),
  idempotency_key: z.string(),
  /** Of the work asked for: another one under the same key is refused. */
  fingerprint: z.string(),
  chain_id: z.string(),
  stage: z.string(),
  /** The sequence with which it was accepted: the order of jobs. */
  accepted: z.int().positive(),
});
export type JobIdentity = z.infer<typeof jobIdentitySchema>;

/** What the journal tells, one line each; a later one of a kind replaces an earlier one. */
export const journalEntrySchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('STARTED'), version: z.literal(1), start: z.int().positive() }),
  z.object({ type: z.literal('ACCEPTED'), ...jobIdentitySchema.shape }),
  z.object({ type: z.literal('FENCED'), chain_id: z.string(), stage: z.string(), fence: z.int() }),
  z.object({
    type: z.literal('SAVED'),
    ref: z.string(),
    checkpoint: z.string().optional(),
    published: z.array(z.string()),
  }),
  z.object({
    type: z.literal('ENDED'),
    ref: z.string(),
    sequence: z.int().positive(),
    /** Epoch milliseconds. */
    at: z.number(),
    end: jobEndSchema,
  }),
]);
export type JournalEntry = z.infer<typeof journalEntrySchema>;
