import { ENFORCEMENT_MODES, JOB_TYPES, type EnforcementMode } from '@phi/core';
import { InvalidArgumentError, type Command } from 'commander';

import { limitsSchema, type Limits } from '../api/limits.js';
import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWhole, parseWord } from '../options.js';
import { table } from '../output/table.js';

type OfJobTypes = Readonly<Record<string, number | null>>;

interface SetOptions {
  readonly global?: number;
  readonly enforcementMode?: EnforcementMode;
  readonly jobType?: OfJobTypes;
}

const MOST = 100_000;

export function addLimits(program: Command, runner: CommandRunner): void {
  const limits = program
    .command('limits')
    .summary('show or set how many executions may run at once')
    .description(
      'Shows how many executions may run at once, and how many do (Rule 7); `set` changes it at once.',
    )
    .action(runner.action<[], object>((context) => show(context)));
  examples(limits, ['phi limits', 'phi limits set --global 20', 'phi limits set --job-type INGESTION=5']);
  const set = limits
    .command('set')
    .summary('change limits of the namespace')
    .description('Changes limits of the namespace; what is left out stays as it is.')
    .option('--global <count>', 'at most so many executions at once', parseWhole(1, MOST))
    .option(
      '--enforcement-mode <mode>',
      `what becomes of a trigger beyond that: ${ENFORCEMENT_MODES.join(', ')}`,
      parseWord(ENFORCEMENT_MODES),
    )
    .option(
      '--job-type <type=count>',
      'at most so many of a job type at once, or TYPE=none; may be repeated',
      parseJobType,
      {},
    )
    .action(runner.action<[], SetOptions>((context, _, options) => change(context, options)));
  examples(set, [
    'phi limits set --global 20 --enforcement-mode REJECT',
    'phi limits set --job-type INGESTION=5 --job-type OUTPUT=none',
  ]);
}

function parseJobType(text: string, others: OfJobTypes): OfJobTypes {
  const [, name = '', count = ''] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (name === '') throw new InvalidArgumentError('Accepted: TYPE=COUNT or TYPE=none.');
  const type = parseWord(JOB_TYPES)(name);
  return { ...others, [type]: count.toLowerCase() === 'none' ? null : parseWhole(1, MOST)(count) };
}

async function show(context: Context): Promise<ExitStatus> {
  const limits = await context.api().get('/v1/limits', limitsSchema);
  context.output.emit(limits, () => describe(limits));
  return EXIT.ok;
}

async function change(
  context: Context,
  { global, enforcementMode, jobType = {} }: SetOptions,
): Promise<ExitStatus> {
  if (global === undefined && enforcementMode === undefined && Object.keys(jobType).length === 0)
    throw usageError('phi limits set', 'has nothing to set', '--global, --enforcement-mode, --job-type');
  const body = { global_max_concurrent: global, enforcement_mode: enforcementMode, job_types: jobType };
  const limits = await context.api().put('/v1/limits', body, limitsSchema);
  context.output.emit(limits, () => describe(limits));
  return EXIT.ok;
}

function describe({ limits, held, enforcement_mode }: Limits): string {
  const rows = Object.entries(limits)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, limit]) => [name, held[name] ?? 0, limit]);
  return `${table(['LIMIT', 'HELD', 'AT MOST'], rows)}\n\nenforcement_mode  ${enforcement_mode}`;
}
