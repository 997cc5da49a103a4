import { PhiError } from '@phi/core';
import { z } from 'zod';
import { deliveryAcknowledgementSchema } from './delivery-acknowledgement.js';
import { describeIssues } from './error-report.js';

const count = z.number().int().nonnegative();

/** One check that a module made on its data, e.g. one column of an ingestion's schema. */
export const validationResultSchema = z.object({
  check: z.string(),
  status: z.enum(['PASSED', 'FAILED']),
  records_failed: count,
  message: z.string().optional(),
});
export type ValidationResult = z.infer<typeof validationResultSchema>;

/** What a module reports when its stage is done (specification, Integration Points). */
export const stageResultSchema = z.object({
  /** Records that came in, rejected ones included. */
  records_processed: count,
  records_failed: count,
  metrics: z.record(z.string(), z.number()).default({}),
  /** References for what comes after, by name; a file is a path below the data or output directory. */
  outputs: z.record(z.string(), z.string()).default({}),
  validation_results: z.array(validationResultSchema).default([]),
  /** Share of the records that are good, 0 to 1. */
  quality_score: z.number().min(0).max(1).optional(),
  delivery_acknowledgements: z.array(deliveryAcknowledgementSchema).optional(),
});
export type StageResult = z.infer<typeof stageResultSchema>;
/** What a module may return: everything but the two counts can be left out. */
export type StageResultInput = z.input<typeof stageResultSchema>;

/**
 * What a module reported, checked.
 *
 * @throws PhiError EXEC_006_MODULE_FAILED naming every wrong field
 */
export const parseStageResult = (stage: string, reported: unknown): StageResult => {
  const parsed = stageResultSchema.safeParse(reported);
  if (parsed.success) return parsed.data;
  throw new PhiError('EXEC_006_MODULE_FAILED', describeIssues(`result of ${stage}`, parsed.error), {
    operation: 'stage.result',
    data: { stage },
  });
};
