import * as z from 'zod';
import { acceptedTexts, identifier } from './field-types.js';
import { jsonObject } from './json.js';

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,255}$/, { error: 'is not an idempotency key' })
  .register(acceptedTexts, { accepted: '1 to 255 visible ASCII characters' });

const manualTriggerFields = {
  parameters: jsonObject()
    .optional()
    .describe("Overrides of the job's parameters, merged over them at the first level."),
  idempotency_key: idempotencyKey
    .optional()
    .describe('The same key of the same job names the same execution, for good.'),
  propagate: z.boolean().optional().describe('Makes the outcome known to jobs outside the run.'),
  ignore_dependencies: z.boolean().optional().describe('Starts the job whatever its dependencies say.'),
};

/** What a manual trigger may say beside its job (specification: Manual Triggers). */
export const manualTriggerSchema = z.strictObject(manualTriggerFields);
export type ManualTrigger = z.infer<typeof manualTriggerSchema>;

/** A message of the queue `phi_manual`: a manual trigger of a job. */
export const manualMessageSchema = z.strictObject({
  job_id: identifier.describe('Job to start.'),
  ...manualTriggerFields,
});
export type ManualMessage = z.infer<typeof manualMessageSchema>;
