import * as z from 'zod';
import { edgeIdentifier, generatedId, identifier } from './field-types.js';

export const DEPENDENCY_ERROR_TYPES = ['CYCLE_DETECTED', 'MISSING_UPSTREAM', 'TIMEOUT'] as const;
export type DependencyErrorType = (typeof DEPENDENCY_ERROR_TYPES)[number];

/** Dependency graph construction or evaluation failed (specification: DependencyError). */
export const dependencyErrorSchema = z.strictObject({
  job_id: identifier.describe('Job whose dependency failed.'),
  dependency_id: edgeIdentifier.describe('Dependency that failed.'),
  error_type: z.enum(DEPENDENCY_ERROR_TYPES).describe('What went wrong.'),
  error_code: z.string().describe('Structured error code, e.g. DEP_002_CYCLE_DETECTED.'),
  cycle_path: z.array(identifier).describe('Jobs forming cycle (if applicable).'),
  resolution_hint: z.string().describe('What to do about it.'),
  execution_id: generatedId
    .optional()
    .describe('The execution that it has kept from running; absent for a registration that was refused.'),
});
export type DependencyError = z.infer<typeof dependencyErrorSchema>;
