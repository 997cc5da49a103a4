import { findProblems, formatProblem, jsonFaults } from '@phi/core';
import { jobRequestSchema, type JobRequest } from '@phi/modules';
import * as z from 'zod';

import { invalid } from './error-handler.js';

const keySchema = z.string().min(1).max(512);
const fenceSchema = z
  .string()
  .regex(/^\d{1,16}$/, 'is not a fence')
  .transform(Number)
  .optional();

/** @throws Refusal INVALID_REQUEST naming every wrong field */
export function read<T>(schema: z.ZodType<T>, value: unknown, prefix: readonly PropertyKey[] = []): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw invalid(findProblems(schema, value, prefix).map(formatProblem).join('; '));
}

/** @throws Refusal INVALID_REQUEST */
export function readKey(headers: Readonly<Record<string, unknown>>): string {
  return read(keySchema, headers['idempotency-key'], ['Idempotency-Key']);
}

/** @throws Refusal INVALID_REQUEST */
export function readFence(headers: Readonly<Record<string, unknown>>): number | undefined {
  return read(fenceSchema, headers['phi-fence'], ['Phi-Fence']);
}

/** @throws Refusal INVALID_REQUEST naming every wrong field */
export function readJobRequest(body: unknown): JobRequest {
  const [fault] = jsonFaults(body);
  if (fault !== undefined)
    throw invalid(`${fault.path.join('.')}: ${fault.reason}; accepted: ${fault.accepted}`);
  return read(jobRequestSchema, body);
}
