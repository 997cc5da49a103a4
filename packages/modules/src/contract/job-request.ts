import { z } from 'zod';
import { deliveryAcknowledgementSchema } from './delivery-acknowledgement.js';
import { ingestionParametersSchema } from './ingestion-job-request.js';
import { jobContextSchema } from './job-context.js';
import { outputParametersSchema } from './output-job-request.js';
import { transformationParametersSchema } from './transformation-job-request.js';

const outputs = z.record(z.string(), z.string());

export const jobInputsSchema = z.strictObject({
  stages: z
    .record(z.string(), outputs)
    .default({})
    .describe('Outputs of the earlier stages of the execution, by module.'),
  jobs: z.record(z.string(), outputs).default({}).describe('Outputs of the upstream executions, by job_id.'),
});

export const jobCallbackSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Where the job’s status may be sent whenever it changes.'),
  secret: z
    .string()
    .regex(/^whsec_[A-Za-z0-9+/]+={0,2}$/)
    .describe('Signs those messages (Standard Webhooks); of this stage of this execution alone.'),
});
export type JobCallback = z.infer<typeof jobCallbackSchema>;

/** What every request has beside its parameters. */
const common = {
  execution_context: jobContextSchema,
  inputs: jobInputsSchema.default({ stages: {}, jobs: {} }),
  resources: z
    .strictObject({ memory_mb: z.number().positive(), cpu_cores: z.number().positive() })
    .optional()
    .describe('What the job should stay within.'),
  checkpoint_interval_seconds: z
    .number()
    .positive()
    .optional()
    .describe('How often a checkpoint is wanted (Rule 14).'),
  checkpoint: z.string().optional().describe('What the last job for this stage of the chain saved last.'),
  delivered: z
    .array(deliveryAcknowledgementSchema)
    .default([])
    .describe(
      'What earlier jobs for this stage of the chain have delivered: only the rest is to be delivered.',
    ),
  callback: jobCallbackSchema.optional().describe('May be ignored: Phi polls as well.'),
};

/** IngestionJobRequest (specification, Module Alpha Integration): source configuration, batch parameters, execution context. */
export const ingestionJobRequestSchema = z.strictObject({
  type: z.literal('INGESTION'),
  parameters: ingestionParametersSchema,
  ...common,
});
export type IngestionJobRequest = z.infer<typeof ingestionJobRequestSchema>;

/** TransformationJobRequest (specification, Module Beta Integration): profile, input batch references, target output. */
export const transformationJobRequestSchema = z.strictObject({
  type: z.literal('TRANSFORMATION'),
  parameters: transformationParametersSchema,
  ...common,
});
export type TransformationJobRequest = z.infer<typeof transformationJobRequestSchema>;

/** OutputJobRequest (specification, Module Gamma Integration): destinations, formats, delivery parameters. */
export const outputJobRequestSchema = z.strictObject({
  type: z.literal('OUTPUT'),
  parameters: outputParametersSchema,
  ...common,
});
export type OutputJobRequest = z.infer<typeof outputJobRequestSchema>;

/** What a module of your own is asked: `parameters.<module>` as the job's author wrote them. */
export const genericJobRequestSchema = z.strictObject({
  type: z.literal('GENERIC'),
  parameters: z.record(z.string(), z.unknown()),
  ...common,
});
export type GenericJobRequest = z.infer<typeof genericJobRequestSchema>;

/** The body of `POST /v1/jobs`. */
export const jobRequestSchema = z.discriminatedUnion('type', [
  ingestionJobRequestSchema,
  transformationJobRequestSchema,
  outputJobRequestSchema,
  genericJobRequestSchema,
]);
export type JobRequest = z.infer<typeof jobRequestSchema>;

/** As Phi sends it: parameters unchecked, since the module knows best what it takes. */
export type SentJobRequest = Omit<z.input<typeof genericJobRequestSchema>, 'type'> & {
  readonly type: JobRequest['type'];
};
