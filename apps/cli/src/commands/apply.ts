import { formatProblem, problemSchema, type Problem } from '@phi/core';
import type { Command } from 'commander';
import * as z from 'zod';

import { ApiRefusal } from '../api/api-error.js';
import { CliError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { readValidDefinitions, type Definitions } from '../definitions/read-definitions.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { table } from '../output/table.js';

interface Options {
  readonly dryRun?: boolean;
  readonly reason?: string;
}

/** Answer of POST /v1/apply. */
const applyResultSchema = z.looseObject({
  dry_run: z.boolean(),
  changes: z.array(z.looseObject({ job_id: z.string(), change: z.string(), revision: z.number() })),
  warnings: z.array(problemSchema.loose()),
});
type ApplyResult = z.infer<typeof applyResultSchema>;

export function addApply(program: Command, runner: CommandRunner): void {
  const command = program
    .command('apply')
    .summary('register definitions')
    .description(
      'Registers definitions, all of them or none. They are checked here first, as `phi validate` does.',
    )
    .argument(
      '<files...>',
      'files, directories with *.yaml, *.yml or *.json in them, or - for standard input',
    )
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--reason <text>', 'why, for the history of the jobs')
    .action(
      runner.action<[string[]], Options>((context, [files], options) => apply(context, files, options)),
    );
  examples(command, [
    'phi apply jobs/ --dry-run',
    'phi apply report.yaml --reason "weekly instead of daily"',
  ]);
}

async function apply(
  context: Context,
  files: readonly string[],
  { dryRun, reason }: Options,
): Promise<ExitStatus> {
  const definitions = await readValidDefinitions(files, context);
  const query = dryRun === true ? { dry_run: true } : {};
  const request = context.api().post('/v1/apply', requestBody(definitions, reason), applyResultSchema, query);
  const result = await request.catch((error: unknown) => {
    throw error instanceof ApiRefusal ? error.naming((field) => withJob(field, definitions)) : error;
  });
  for (const warning of placed(result.warnings, definitions.warnings))
    context.output.note(`warning: ${formatProblem(warning)}`);
  context.output.emit(result, () => describe(result));
  return EXIT.ok;
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

function describe({ changes, dry_run }: ApplyResult): string {
  const rows = changes.map(({ job_id, change, revision }) => [job_id, change, revision]);
  const counts = new Map<string, number>();
  for (const { change } of changes) counts.set(change, (counts.get(change) ?? 0) + 1);
  const summary =
    [...counts].map(([change, count]) => `${String(count)} ${change.toLowerCase()}`).join(', ') || 'no jobs';
  return `${table(['JOB', 'CHANGE', 'REVISION'], rows)}\n\n${dry_run ? `dry run, nothing was changed: ${summary}` : summary}`;
}
