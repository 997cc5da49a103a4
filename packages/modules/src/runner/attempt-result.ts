import { z } from 'zod';
import { deliveryAcknowledgementSchema } from '../contract/delivery-acknowledgement.js';
import { validationResultSchema } from '../contract/stage-result.js';
import { stageReportSchema } from './attempt-spec.js';
import type { StageReport } from './attempt-spec.js';

/** What an attempt that succeeded produced; the counts, metrics and outputs are an ExecutionResult's. */
export const attemptResultSchema = z.object({
  /** Records that entered the first stage. */
  records_processed: z.number().int().nonnegative(),
  /** Records that any stage set aside. */
  records_failed: z.number().int().nonnegative(),
  /** Every stage's metrics and counts, as `<module>.<metric>`. */
  metrics: z.record(z.string(), z.number()),
  /** All stages' outputs; of two with one name, the later stage's. */
  outputs: z.record(z.string(), z.string()),
  validation_results: z.array(validationResultSchema),
  delivery_acknowledgements: z.array(deliveryAcknowledgementSchema),
  stages: z.array(stageReportSchema).min(1),
});
export type AttemptResult = z.infer<typeof attemptResultSchema>;

const stageMetrics = ({ stage, result, duration_seconds }: StageReport): [string, number][] =>
  Object.entries({
    ...result.metrics,
    records_processed: result.records_processed,
    records_failed: result.records_failed,
    duration_seconds,
    ...(result.quality_score === undefined ? {} : { quality_score: result.quality_score }),
  }).map(([name, value]) => [`${stage}.${name}`, value]);

/** Sums up the stages of an attempt, in their order. */
export const summarizeStages = (stages: readonly StageReport[]): AttemptResult => ({
  records_processed: stages[0]?.result.records_processed ?? 0,
  records_failed: stages.reduce((total, { result }) => total + result.records_failed, 0),
  metrics: Object.fromEntries(stages.flatMap(stageMetrics)),
  outputs: Object.assign({}, ...stages.map(({ result }) => result.outputs)) as Record<string, string>,
  validation_results: stages.flatMap(({ result }) => result.validation_results),
  delivery_acknowledgements: stages.flatMap(({ result }) => result.delivery_acknowledgements ?? []),
  stages: [...stages],
});
