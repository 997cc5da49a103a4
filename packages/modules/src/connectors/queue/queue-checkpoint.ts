import { z } from 'zod';
import { jsonText } from '../../contract/json-text.js';

const queueCheckpointSchema = z.object({
  /** Counts from 1: another job only once the last one is known to have failed. */
  generation: z.number().int().min(1),
  /** What the worker saved last. */
  state: z.string().optional(),
});
/** What is kept over the attempts of a stage that a worker runs. */
export type QueueCheckpoint = z.infer<typeof queueCheckpointSchema>;

/** @param text as it was written; what cannot be read counts as never saved */
export const readQueueCheckpoint = (text: string | undefined): QueueCheckpoint => {
  const parsed = jsonText(queueCheckpointSchema).safeParse(text);
  return parsed.success ? parsed.data : { generation: 1 };
};

export const writeQueueCheckpoint = (checkpoint: QueueCheckpoint): string => JSON.stringify(checkpoint);
