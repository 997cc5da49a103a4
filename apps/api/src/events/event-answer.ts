import { ACCEPT_OUTCOMES, problemDetailsSchema, type AcceptResult } from '@phi/core';
import * as z from 'zod';

const trigger = { job_id: z.string(), trigger_id: z.string() };

/** What an event has led to. */
export const eventAnswerSchema = z.strictObject({
  outcome: z
    .enum(ACCEPT_OUTCOMES)
    .describe('DUPLICATE: accepted before, by its source and id. UNMATCHED: no trigger takes it.'),
  deliveries: z
    .array(
      z.strictObject({
        ...trigger,
        state: z
          .enum(['STARTED', 'BATCHED', 'HELD'])
          .describe('STARTED an execution; BATCHED with others; HELD because the queue is full.'),
        execution_id: z.string().nullable().describe('With STARTED, else null.'),
      }),
    )
    .describe('The triggers that took it.'),
  passed_over: z
    .array(z.strictObject({ ...trigger, reason: z.string() }))
    .describe('Triggers that would have taken it but for the reason.'),
});
export type EventAnswer = z.infer<typeof eventAnswerSchema>;

/** What each event of a batch has led to, in their order; each has a fate of its own. */
export const batchAnswerSchema = z.strictObject({
  items: z.array(z.union([eventAnswerSchema.extend({ status: z.literal(202) }), problemDetailsSchema])),
});
export type BatchAnswer = z.infer<typeof batchAnswerSchema>;

export function eventAnswer({
  outcome,
  deliveries,
  passed_over,
}: Extract<AcceptResult, { ok: true }>): EventAnswer {
  return {
    outcome,
    deliveries: deliveries.map((delivery) => ({ execution_id: null, ...delivery })),
    passed_over: [...passed_over],
  };
}
