import * as z from 'zod';
import { authored } from './authored.js';
import { DAY_SECONDS, seconds } from './field-types.js';

const dependencyPolicyFields = {
  require_all: z
    .boolean()
    .describe('All dependencies must be met; false means any one (Rule 2). Default: true.'),
  timeout_seconds: seconds(1, 30 * DAY_SECONDS)
    .nullable()
    .describe(
      'Wait so many seconds for dependencies (Rule 2). Default: DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS, for upstreams outside the run.',
    ),
};

/**
 * How a job's dependencies are satisfied (specification: Rule 2).
 * A timeout of null is kept: only waits for upstreams outside the run then have one, the configured one.
 */
export const dependencyPolicySchema = z.strictObject(dependencyPolicyFields);
export type DependencyPolicy = z.infer<typeof dependencyPolicySchema>;

export const authoredDependencyPolicySchema = authored(dependencyPolicyFields, []);
export type AuthoredDependencyPolicy = z.infer<typeof authoredDependencyPolicySchema>;
