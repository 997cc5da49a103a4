import { formatProblem } from '@phi/core';
import type { Command } from 'commander';

import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { readDefinitions, type Definitions } from '../definitions/read-definitions.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';

export function addValidate(program: Command, runner: CommandRunner): void {
  const command = program
    .command('validate')
    .summary('check definitions, without a server')
    .description(
      'Checks definitions without a server. Every problem is printed as file:line:column: field: reason; accepted: …',
    )
    .argument(
      '<files...>',
      'files, directories with *.yaml, *.yml or *.json in them, or - for standard input',
    )
    .action(runner.action<[string[]], object>((context, [files]) => validate(context, files)));
  examples(command, [
    'phi validate jobs/',
    'phi validate report.yaml -o json',
    'cat report.yaml | phi validate -',
  ]);
}

async function validate(context: Context, files: readonly string[]): Promise<ExitStatus> {
  const read = await readDefinitions(files, context);
  const definitions = { ...read, warnings: [...read.warnings, ...read.unbound] };
  const { problems, warnings } = definitions;
  const valid = problems.length === 0;
  const report = {
    valid,
    files: definitions.files,
    jobs: definitions.jobs.map(({ job_id }) => job_id),
    problems,
    warnings,
  };
  context.output.emit(report, () => describe(definitions));
  return valid ? EXIT.ok : EXIT.invalid;
}

function describe({ problems, warnings, jobs, authored, files }: Definitions): string {
  const lines = [
    ...problems.map(formatProblem),
    ...warnings.map((warning) => `warning: ${formatProblem(warning)}`),
  ];
  if (problems.length > 0)
    return [...lines, `${plural(problems.length, 'problem')} in ${plural(files.length, 'file')}`].join('\n');
  const found = [plural(jobs.length, 'job')];
  if (authored.pools.length > 0) found.push(plural(authored.pools.length, 'pool'));
  return [...lines, `valid: ${found.join(', ')} in ${plural(files.length, 'file')}`].join('\n');
}

function plural(count: number, noun: string): string {
  return `${String(count)} ${noun}${count === 1 ? '' : 's'}`;
}
