import { createHash } from 'node:crypto';
import type { JobRequest, SentJobRequest } from './job-request.js';

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, part]) => [name, sorted(part)]),
  );
};

/**
 * What makes two requests under one Idempotency-Key the same: the work asked for, `type`, `parameters` and `inputs`. Who asks, and what
 * an earlier job left behind, change from attempt to attempt.
 *
 * @returns SHA-256, in hexadecimal
 */
export const requestFingerprint = ({
  type,
  parameters,
  inputs,
}: Pick<JobRequest | SentJobRequest, 'type' | 'parameters' | 'inputs'>): string =>
  createHash('sha256')
    .update(JSON.stringify(sorted({ type, parameters, inputs })))
    .digest('hex');
