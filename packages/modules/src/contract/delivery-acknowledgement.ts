import { z } from 'zod';
import { WRITE_MODES } from './destination.js';

const count = z.number().int().nonnegative();

const acknowledged = z.object({
  /** The destination's name. */
  destination: z.string(),
  /** How many records it holds of this delivery, by whichever attempt they came. */
  records: count,
});

const fileAcknowledgementSchema = acknowledged.extend({
  type: z.literal('FILE').default('FILE'),
  /** Path below the output directory. */
  path: z.string(),
  format: z.string(),
  bytes: count,
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type FileAcknowledgement = z.infer<typeof fileAcknowledgementSchema>;

const postgresAcknowledgementSchema = acknowledged.extend({
  type: z.literal('POSTGRES'),
  table: z.string(),
  mode: z.enum(WRITE_MODES),
  /** How many records earlier attempts had committed already. */
  resumed_at: count,
});
export type PostgresAcknowledgement = z.infer<typeof postgresAcknowledgementSchema>;

const webhookAcknowledgementSchema = acknowledged.extend({
  type: z.literal('WEBHOOK'),
  /** Messages that this attempt had acknowledged. */
  messages: count,
  /** HTTP status of the last answer; null where this attempt had nothing left to send. */
  status: z.number().int().nullable(),
  /** How many records had been acknowledged to earlier attempts. */
  resumed_at: count,
});
export type WebhookAcknowledgement = z.infer<typeof webhookAcknowledgementSchema>;

/**
 * That a destination holds the whole delivery: given only after the file has its final name, the last transaction is
 * committed, or the last message was answered with success (specification, Module Gamma Integration).
 */
export const deliveryAcknowledgementSchema = z.discriminatedUnion('type', [
  fileAcknowledgementSchema,
  postgresAcknowledgementSchema,
  webhookAcknowledgementSchema,
]);
export type DeliveryAcknowledgement = z.infer<typeof deliveryAcknowledgementSchema>;
