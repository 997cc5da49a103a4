import { z } from 'zod';
import { jsonText } from '../../contract/json-text.js';
import {
  deliveryAcknowledgementSchema,
  type DeliveryAcknowledgement,
} from '../../contract/delivery-acknowledgement.js';

/** What the next attempt has to know of a stage's remote job. It is the stage's checkpoint. */
const remoteProgressSchema = z.object({
  /** Part of the job's key; counts from 1. */
  generation: z.int().positive(),
  /** Absent until the job's submission was answered. */
  ref: z.string().optional(),
  /** That Phi asked it to stop: CANCELLED is then no surprise. */
  cancelling: z.boolean().default(false),
  /** What the module itself saved last. */
  checkpoint: z.string().optional(),
  /** What jobs of earlier generations have delivered. */
  delivered: z.array(deliveryAcknowledgementSchema).default([]),
});
export type RemoteProgress = Readonly<z.infer<typeof remoteProgressSchema>>;

/** @param text a checkpoint; one that cannot be read counts as none, and the job is found again by its key */
export const readRemoteProgress = (text: string | undefined): RemoteProgress => {
  const parsed = jsonText(remoteProgressSchema).safeParse(text);
  return parsed.success ? parsed.data : { generation: 1, cancelling: false, delivered: [] };
};

/** Deliveries of several jobs for one stage; of two to one destination, the later. */
export const mergeDeliveries = (
  earlier: readonly DeliveryAcknowledgement[],
  later: readonly DeliveryAcknowledgement[],
): DeliveryAcknowledgement[] => [
  ...new Map([...earlier, ...later].map((delivery) => [delivery.destination, delivery])).values(),
];
