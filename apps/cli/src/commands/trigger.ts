import { segment } from '@phi/client';
import type { Command } from 'commander';
import * as z from 'zod';

import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { showRunToItsEnd } from '../follow/show-run.js';
import { parseJson, readOptionText } from '../json-option.js';
import { examples } from '../options.js';
import { facts } from '../output/table.js';

type Parameters = Readonly<Record<string, unknown>>;

interface Options {
  readonly parameter: readonly string[];
  readonly parameters?: string;
  readonly idempotencyKey?: string;
  readonly wait?: boolean;
  readonly propagate?: boolean;
  readonly ignoreDependencies?: boolean;
}

/** Answer of POST /v1/jobs/{job_id}/trigger. */
const triggerResultSchema = z.looseObject({
  execution_id: z.string(),
  run_id: z.string(),
  status: z.string(),
  created: z.boolean(),
});

export function addTrigger(program: Command, runner: CommandRunner): void {
  const command = program
    .command('trigger')
    .summary('run a job by hand')
    .description(
      'Runs a job by hand, and the jobs that depend on it after it (specification: Manual Triggers).',
    )
    .argument('<job>', 'job_id')
    .option(
      '-p, --parameter <key=value>',
      'override a parameter; the value is JSON, or else text (repeatable)',
      collect,
      [],
    )
    .option('--parameters <json>', 'override parameters: a JSON object, @FILE or @- for standard input')
    .option('--idempotency-key <key>', 'repeated with the same key, the first execution is answered')
    .option('--wait', 'follow the run until it ends; exit status 1 unless it succeeded')
    .option('--propagate', 'let jobs outside the run know the outcomes')
    .option('--ignore-dependencies', 'do not wait for upstream jobs')
    .action(runner.action<[string], Options>((context, [job], options) => trigger(context, job, options)));
  examples(command, [
    'phi trigger daily_report --wait',
    `phi trigger daily_report -p limit=100 -p 'label="007"'`,
    'phi trigger daily_report --parameters @overrides.json --idempotency-key 2026-11-23',
  ]);
}

async function trigger(context: Context, job: string, options: Options): Promise<ExitStatus> {
  const parameters = {
    ...(await readParameters(options.parameters, context)),
    ...parseAssignments(options.parameter),
  };
  const body = {
    ...(Object.keys(parameters).length > 0 && { parameters }),
    ...(options.idempotencyKey !== undefined && { idempotency_key: options.idempotencyKey }),
    ...(options.propagate === true && { propagate: true }),
    ...(options.ignoreDependencies === true && { ignore_dependencies: true }),
  };
  const result = await context.api().post(`/v1/jobs/${segment(job)}/trigger`, body, triggerResultSchema);
  const { output } = context;
  if (!result.created)
    output.note(`this idempotency key was used before: execution ${result.execution_id} is answered again`);
  if (options.wait === true) {
    if (output.isHuman) output.note(`run ${result.run_id}`);
    return showRunToItsEnd(context, result.run_id);
  }
  output.emit(result, () =>
    facts([
      ['execution', result.execution_id],
      ['run', result.run_id],
      ['status', result.status],
      ['follow it with', `phi runs ${result.run_id} --follow`],
    ]),
  );
  return EXIT.ok;
}

function collect(value: string, previous: readonly string[]): string[] {
  return [...previous, value];
}

function parseAssignments(assignments: readonly string[]): Parameters {
  return Object.fromEntries(
    assignments.map((assignment) => {
      const at = assignment.indexOf('=');
      if (at < 1) throw usageError('--parameter', `has no key: ${assignment}`, 'key=value');
      return [assignment.slice(0, at), parseValue(assignment.slice(at + 1))];
    }),
  );
}

/** JSON where it is JSON, so that numbers, flags and lists need no quoting; text otherwise. */
function parseValue(text: string): unknown {
  const parsed = parseJson(text);
  return parsed === undefined ? text : parsed.value;
}

async function readParameters(given: string | undefined, context: Context): Promise<Parameters> {
  if (given === undefined) return {};
  const value = parseValue(await readOptionText('--parameters', given, context));
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw usageError(
    '--parameters',
    'is not a JSON object',
    'a JSON object such as \'{"limit": 100}\', @FILE or @-',
  );
}
