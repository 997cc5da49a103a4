import { z } from 'zod';
import { batchReferenceSchema } from './batch-reference.js';
import { CONTRACT_PROBLEMS, contractProblemSchema, type ContractProblemCode } from './contract-problem.js';
import { jobContextSchema } from './job-context.js';
import { jobListSchema, jobQuerySchema } from './job-listing.js';
import { jobLogsQuerySchema, jobLogsSchema } from './job-logs.js';
import {
  genericJobRequestSchema,
  ingestionJobRequestSchema,
  jobRequestSchema,
  outputJobRequestSchema,
  transformationJobRequestSchema,
} from './job-request.js';
import { jobRefSchema, jobStatusSchema, jobSummarySchema } from './job-status.js';
import { CONTRACT_VERSION, moduleDescriptionSchema } from './module-description.js';
import { deliveryAcknowledgementSchema } from './delivery-acknowledgement.js';
import { validationResultSchema } from './stage-result.js';

const COMPONENTS = {
  JobRequest: jobRequestSchema,
  IngestionJobRequest: ingestionJobRequestSchema,
  TransformationJobRequest: transformationJobRequestSchema,
  OutputJobRequest: outputJobRequestSchema,
  GenericJobRequest: genericJobRequestSchema,
  JobContext: jobContextSchema,
  BatchReference: batchReferenceSchema,
  JobSummary: jobSummarySchema,
  JobStatus: jobStatusSchema,
  ValidationResult: validationResultSchema,
  DeliveryAcknowledgement: deliveryAcknowledgementSchema,
  JobList: jobListSchema,
  JobLogs: jobLogsSchema,
  ModuleDescription: moduleDescriptionSchema,
  Problem: contractProblemSchema,
} as const satisfies Record<string, z.ZodType>;
type Component = keyof typeof COMPONENTS;

const reference = (name: Component): object => ({ $ref: `#/components/schemas/${name}` });

const componentSchemas = (): object => {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(COMPONENTS)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io: 'input',
    uri: (id) => `#/components/schemas/${id}`,
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $id: _id, $schema: _schema, ...schema }]) => [id, schema]),
  );
};

const json = (name: Component): object => ({ 'application/json': { schema: reference(name) } });

const answer = (description: string, name: Component): object => ({ description, content: json(name) });

const problems = (...codes: ContractProblemCode[]): Record<string, object> => {
  const statuses = [...new Set(codes.map((code) => CONTRACT_PROBLEMS[code].status))];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: codes
          .filter((code) => CONTRACT_PROBLEMS[code].status === status)
          .map((code) => `${code}: ${CONTRACT_PROBLEMS[code].means}`)
          .join(' '),
        content: { 'application/problem+json': { schema: reference('Problem') } },
      },
    ]),
  );
};

const parameter = (place: string, name: string, schema: object, required: boolean): object => ({
  name,
  in: place,
  required,
  schema,
});

const queryOf = (schema: z.ZodObject): object[] =>
  Object.entries(schema.shape).map(([name, field]) => {
    const { $schema: _, ...described } = z.toJSONSchema(field as z.ZodType, { io: 'output' });
    return parameter('query', name, described, false);
  });

const jobRef = (): object => {
  const { $schema: _, ...schema } = z.toJSONSchema(jobRefSchema);
  return parameter('path', 'ref', schema, true);
};

const FENCE = parameter(
  'header',
  'Phi-Fence',
  {
    type: 'integer',
    minimum: 0,
    description: 'The fence of the attempt that asks; absent where no attempt does.',
  },
  false,
);

const submit = (): object => ({
  operationId: 'submitJob',
  summary: 'Starts a job, or finds the one that was started under the same key, ended ones too.',
  parameters: [
    parameter('header', 'Idempotency-Key', { type: 'string', minLength: 1, maxLength: 512 }, true),
    FENCE,
  ],
  requestBody: { required: true, content: json('JobRequest') },
  responses: {
    202: answer('The job of that key.', 'JobSummary'),
    ...problems('INVALID_REQUEST', 'KEY_REUSED', 'STALE_FENCE', 'OVERLOADED', 'UNAVAILABLE'),
  },
});

const list = (): object => ({
  operationId: 'listJobs',
  summary: 'The jobs that are known, for finding those that nobody waits for any more.',
  parameters: queryOf(jobQuerySchema),
  responses: { 200: answer('A page of them.', 'JobList'), ...problems('INVALID_REQUEST') },
});

const status = (): object => ({
  operationId: 'getJob',
  summary: 'What there is to know of a job.',
  parameters: [jobRef(), FENCE],
  responses: {
    200: answer('The job.', 'JobStatus'),
    ...problems('UNKNOWN_JOB', 'OVERLOADED', 'UNAVAILABLE'),
  },
});

const cancel = (): object => ({
  operationId: 'cancelJob',
  summary: 'Stops a job. Only CANCELLED in an answer confirms that nothing of it runs any more.',
  parameters: [jobRef(), FENCE],
  responses: {
    200: answer('It is CANCELLED, now or already.', 'JobStatus'),
    202: answer('It was asked to stop and still runs: ask for its status.', 'JobStatus'),
    409: {
      description: 'It ended before, SUCCEEDED or FAILED (JobStatus); or STALE_FENCE.',
      content: {
        ...json('JobStatus'),
        'application/problem+json': { schema: reference('Problem') },
      },
    },
    ...problems('UNKNOWN_JOB'),
  },
});

const logs = (): object => ({
  operationId: 'getJobLogs',
  summary: 'Lines that a job wrote (capability `logs`).',
  parameters: [jobRef(), ...queryOf(jobLogsQuerySchema)],
  responses: { 200: answer('Lines after the one named.', 'JobLogs'), ...problems('UNKNOWN_JOB') },
});

const describeModule = (): object => ({
  operationId: 'describeModule',
  summary: 'Who answers here, and what else it can do.',
  responses: { 200: answer('The module.', 'ModuleDescription') },
});

/**
 * The OpenAPI document of the module contract, for `docs/`.
 *
 * @returns JSON text that ends in a line feed
 */
export const renderContractOpenApi = (): string => {
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Phi module contract',
      version: CONTRACT_VERSION,
      description: 'What a remote module answers, so that Phi can drive it. See module-contract.md.',
    },
    paths: {
      '/v1/jobs': { post: submit(), get: list() },
      '/v1/jobs/{ref}': { get: status(), delete: cancel() },
      '/v1/jobs/{ref}/logs': { get: logs() },
      '/v1/module': { get: describeModule() },
    },
    components: { schemas: componentSchemas() },
  };
  return `${JSON.stringify(document, undefined, 2)}\n`;
};
