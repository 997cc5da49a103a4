import { formatProblem, problemSchema, type Problem } from '@phi/core';
import * as z from 'zod';

import { ApiRefusal } from '../api/api-error.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { readValidDefinitions, type Definitions } from './read-definitions.js';

/** What every answer of POST /v1/apply has. */
export const applyAnswerSchema = z.looseObject({
  dry_run: z.boolean(),
  changes: z.array(z.looseObject({ job_id: z.string(), change: z.string(), revision: z.number() })),
  warnings: z.array(problemSchema.loose()),
});

interface Sending<Answer> {
  readonly answer: z.ZodType<Answer>;
  /** Changes nothing. */
  readonly dryRun: boolean;
  readonly reason?: string | undefined;
}

/**
 * Has the API apply the definitions of some files, once they are valid here. Warnings are noted, with their places in the files.
 *
 * @throws CliError where they are not valid
 */
export async function sendDefinitions<Answer extends { readonly warnings: readonly Problem[] }>(
  context: Context,
  files: readonly string[],
  { answer, dryRun, reason }: Sending<Answer>,
): Promise<Answer> {
  const definitions = await readValidDefinitions(files, context);
  const query = dryRun ? { dry_run: true } : {};
  const request = context.api().post('/v1/apply', requestBody(definitions, reason), answer, query);
  const result = await request.catch((error: unknown) => {
    throw error instanceof ApiRefusal ? error.naming((field) => withJob(field, definitions)) : error;
  });
  for (const warning of placed(result.warnings, definitions.warnings))
    context.output.note(`warning: ${formatProblem(warning)}`);
  return result;
}

function requestBody({ authored }: Definitions, reason: string | undefined): object {
  const { jobs, pools, limits, modules } = authored;
  const unsent = Object.keys(modules);
  if (unsent.length > 0) {
    const names = unsent.join(', ');
    throw CliError.invalid([
      `modules: ${names} cannot be applied; accepted: jobs, pools and limits (modules are bound where the executors run)`,
    ]);
  }
  return {
    jobs,
    ...(pools.length > 0 && { pools }),
    ...(limits && { limits }),
    ...(reason !== undefined && { reason }),
  };
}

/** The files may hold jobs in many places; the request has one list of them. */
function withJob(field: string, { authored }: Definitions): string {
  return field.replace(
    /^jobs\[(\d+)\]/,
    (place, index: string) => authored.jobs[Number(index)]?.job_id ?? place,
  );
}

/** The warnings of the API, which knows all registered jobs, with the places that the files have for them. */
function placed(warnings: readonly Problem[], local: readonly Problem[]): Problem[] {
  const left = [...local];
  return warnings.map((warning) => {
    const at = left.findIndex((known) => withinJob(known) === withinJob(warning));
    const [known] = at < 0 ? [] : left.splice(at, 1);
    return known === undefined ? warning : { ...known, reason: warning.reason, accepted: warning.accepted };
  });
}

/** What a warning is about, without the place of the job in a list. */
function withinJob({ field, value }: Problem): string {
  return `${field.replace(/^(?:jobs)?\[\d+\]\.?/, '')} ${JSON.stringify(value)}`;
}
