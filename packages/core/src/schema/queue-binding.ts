import * as z from 'zod';
import { acceptedTexts, seconds } from './field-types.js';

/** BullMQ refuses ":" in a queue's name; a prefix is whatever the worker has. */
const queueName = z
  .string()
  .regex(/^[A-Za-z0-9_.-]{1,128}$/, { error: 'is not the name of a queue' })
  .register(acceptedTexts, { accepted: '1 to 128 letters, digits, ".", "_" or "-"' });

/** A BullMQ worker, of any language, that runs a stage (docs/module-kinds.md). */
export const queueBindingSchema = z.strictObject({
  kind: z.literal('queue').describe('A worker on a BullMQ queue of its own.'),
  queue: queueName.describe('The queue.'),
  prefix: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe("BullMQ's key prefix. Default: that of Phi's own queues, {phi-queues:<namespace>}."),
  poll_interval_seconds: z
    .number()
    .min(0.1)
    .max(300)
    .default(5)
    .describe('How often the state of the job is looked at, beside what BullMQ tells.'),
  cancel_timeout_seconds: seconds(0, 3600)
    .default(30)
    .describe('How long a worker that has begun is waited for when its execution is stopped.'),
});
export type QueueBinding = z.infer<typeof queueBindingSchema>;
