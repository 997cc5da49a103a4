import { z } from 'zod';

const progressSchema = z.union([
  z
    .number()
    .nonnegative()
    .transform((records) => ({ records, checkpoint: undefined })),
  z.object({ records: z.number().nonnegative().optional(), checkpoint: z.string().optional() }),
]);

/** What a worker tells by `updateProgress`: a number of records, or `{records, checkpoint}`. */
export interface WorkerProgress {
  readonly records?: number | undefined;
  readonly checkpoint?: string | undefined;
}

/** @returns nothing of what means something else to its worker */
export const readWorkerProgress = (progress: unknown): WorkerProgress =>
  progressSchema.catch({}).parse(progress);
