import * as z from 'zod';
import { authored } from './authored.js';
import { expressionOver } from './expression.js';
import { DAY_SECONDS, derivedIdentifier, identifier, seconds } from './field-types.js';

export const DEPENDENCY_TYPES = ['SUCCESS', 'COMPLETION', 'DATA_READY'] as const;
export type DependencyType = (typeof DEPENDENCY_TYPES)[number];

/** How an edge takes outcomes from outside the run: new ones, each one, or the latest. */
export const DEPENDENCY_JOINS = ['NEW', 'EACH', 'LATEST'] as const;
export type DependencyJoin = (typeof DEPENDENCY_JOINS)[number];

const windowSchema = z
  .strictObject({
    after_seconds: seconds(0, 30 * DAY_SECONDS)
      .nullish()
      .describe('Not earlier than so many seconds after the upstream.'),
    within_seconds: seconds(1, 30 * DAY_SECONDS)
      .nullish()
      .describe('Not later than so many seconds after the upstream.'),
  })
  .superRefine(({ after_seconds, within_seconds }, context) => {
    if (
      typeof after_seconds !== 'number' ||
      typeof within_seconds !== 'number' ||
      within_seconds > after_seconds
    )
      return;
    context.addIssue({
      code: 'custom',
      path: ['within_seconds'],
      message: 'is not after after_seconds',
      params: { accepted: `more than ${String(after_seconds)} seconds` },
    });
  });

const dependencyFields = {
  dependency_id: derivedIdentifier.describe(
    'Unique dependency identifier. Default: <job_id>.<upstream_job_id>.',
  ),
  upstream_job_id: identifier.describe('Job that must complete first.'),
  dependency_type: z
    .enum(DEPENDENCY_TYPES)
    .describe('Which outcome of the upstream satisfies it. Default: SUCCESS.'),
  condition: expressionOver('upstream')
    .nullable()
    .describe('Optional condition expression, in CEL over `upstream`.'),
  skip_on_upstream_skip: z
    .boolean()
    .describe('Skip if upstream skipped; otherwise a skip waives the dependency. Default: true.'),
  timeout_seconds: seconds(1, 30 * DAY_SECONDS)
    .nullable()
    .describe('Max wait for upstream, in seconds. Default: dependency_policy.timeout_seconds.'),
  join: z.enum(DEPENDENCY_JOINS).describe('Which outcomes from outside the run count. Default: NEW.'),
  window: windowSchema.nullable().describe('Temporal dependency: when the job may run after its upstream.'),
};

/** Defines job dependency relationship (specification: Dependency). */
export const dependencySchema = z.strictObject(dependencyFields);
export type Dependency = z.infer<typeof dependencySchema>;

export const authoredDependencySchema = authored(dependencyFields, ['upstream_job_id']);
export type AuthoredDependency = z.infer<typeof authoredDependencySchema>;
