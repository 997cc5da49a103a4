import type { z } from 'zod';
import { cacheParametersSchema } from './contract/cache-job-request.js';
import { ingestionParametersSchema } from './contract/ingestion-job-request.js';
import { outputParametersSchema } from './contract/output-job-request.js';
import { transformationParametersSchema } from './contract/transformation-job-request.js';

/** What the modules of the specification take as `parameters.<module>`, for whoever checks definitions and runs nothing. */
export const PARAMETER_SCHEMAS: Readonly<Record<'ALPHA' | 'BETA' | 'GAMMA' | 'EPSILON', z.ZodType>> = {
  ALPHA: ingestionParametersSchema,
  BETA: transformationParametersSchema,
  GAMMA: outputParametersSchema,
  EPSILON: cacheParametersSchema,
};
