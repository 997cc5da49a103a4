import { z } from 'zod';
import { errorReportSchema } from '../contract/error-report.js';
import { LOG_LEVELS } from '../contract/module-context.js';
import { attemptResultSchema } from './attempt-result.js';
import { attemptSpecSchema, stageReportSchema } from './attempt-spec.js';

/** What the parent tells a child. */
export const parentMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run'), attempt: attemptSpecSchema }),
  z.object({ type: z.literal('abort'), reason: z.string() }),
  z.object({ type: z.literal('checkpoint_saved'), number: z.number(), error: errorReportSchema.optional() }),
]);
export type ParentMessage = z.infer<typeof parentMessageSchema>;

const logFields = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** What a child tells the parent. `result` and `error` end an attempt; `ready` comes once, before the first. */
export const childMessageSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({ type: z.literal('progress'), stage: z.string(), records: z.number().nonnegative() }),
  z.object({
    type: z.literal('log'),
    stage: z.string(),
    level: z.enum(LOG_LEVELS),
    message: z.string(),
    fields: logFields,
  }),
  z.object({ type: z.literal('heartbeat') }),
  /** `number` comes back with the answer. */
  z.object({ type: z.literal('checkpoint'), number: z.number(), stage: z.string(), state: z.json() }),
  z.object({ type: z.literal('publish'), dataset: z.string() }),
  z.object({ type: z.literal('stage_done'), report: stageReportSchema }),
  z.object({ type: z.literal('result'), result: attemptResultSchema }),
  z.object({ type: z.literal('error'), stage: z.string().optional(), error: errorReportSchema }),
]);
export type ChildMessage = z.infer<typeof childMessageSchema>;

/** Ends what a child prints during one attempt, on each of its two streams. */
export const END_OF_ATTEMPT = '\u0000phi:end-of-attempt';
