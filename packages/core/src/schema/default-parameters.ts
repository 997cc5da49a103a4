import type * as z from 'zod';
import { compileParameterSchema, type ParameterSchema, type Violation } from '../parameters/index.js';
import { jsonFaults } from './json.js';

/** What of a job its parameters depend on. */
export interface Parameterized {
  readonly schedule?: unknown;
  readonly triggers?: readonly unknown[] | undefined;
  readonly dependencies?: readonly unknown[] | undefined;
  readonly consumes?: readonly unknown[] | undefined;
  readonly trigger_on_dependencies?: boolean | undefined;
  readonly parameters?: unknown;
  readonly parameter_schema?: unknown;
}

/**
 * What the defaults of a job owe to its parameter_schema. A schedule or a dependency brings no parameters of its own:
 * a job that one of them starts must satisfy the whole schema with its defaults, or it could never start. Of any other
 * job, whose trigger may bring what is missing, each default must satisfy what the schema says of that property.
 */
export function checkDefaultParameters(job: Parameterized, context: z.RefinementCtx): void {
  const { parameters = {}, parameter_schema } = job;
  if (parameter_schema === undefined || parameter_schema === null) return;
  const compiled = compileParameterSchema(parameter_schema);
  // What is wrong with either by itself is said there.
  if (!compiled.ok || !isMapping(parameters) || jsonFaults(parameters).length > 0) return;
  for (const { path, reason, accepted } of violationsOf(job, parameters, compiled.schema)) {
    context.addIssue({
      code: 'custom',
      path: ['parameters', ...path],
      message: reason,
      params: { accepted },
    });
  }
}

function violationsOf(
  job: Parameterized,
  parameters: Readonly<Record<string, unknown>>,
  schema: ParameterSchema,
): Violation[] {
  const starter = starterOf(job);
  if (starter === undefined)
    return Object.entries(parameters).flatMap(([name, value]) => schema.checkOne(name, value));
  return schema.check(parameters).map((violation) => ({
    ...violation,
    reason: `${violation.reason} by parameter_schema, and ${starter} start the job with its defaults alone`,
  }));
}

/** What starts the job without a word about its parameters. */
function starterOf(job: Parameterized): string | undefined {
  if (job.schedule !== undefined && job.schedule !== null) return 'its schedule would';
  const isStartedOtherwise = (job.triggers ?? []).length > 0;
  const isStarted = job.trigger_on_dependencies ?? !isStartedOtherwise;
  const waitsFor = [...(job.dependencies ?? []), ...(job.consumes ?? [])];
  return isStarted && waitsFor.length > 0 ? 'its dependencies would' : undefined;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
