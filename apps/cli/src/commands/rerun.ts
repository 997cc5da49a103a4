import type { Command } from 'commander';
import * as z from 'zod';

import { segment } from '@phi/client';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWord } from '../options.js';

interface Options {
  readonly from?: readonly string[];
  readonly definitions?: 'THEN' | 'NOW';
  readonly reason?: string;
}

/** Answer of POST /v1/runs/{id}/rerun. */
const answerSchema = z.looseObject({
  run_id: z.string(),
  pass: z.number(),
  from: z.array(z.string()),
  after: z.array(z.string()),
});

export function addRerun(program: Command, runner: CommandRunner): void {
  const command = program
    .command('rerun')
    .summary('run a run again from what failed')
    .description(
      'Runs what failed of a run again, in a new pass of the same run: with the same parameters, and after the same upstreams. What ' +
        'comes after it and has not run is carried on; what has run stays as it is.',
    )
    .argument('<run_id>', 'the run')
    .option('--from <job...>', 'run these jobs again instead, whatever became of them')
    .option(
      '--definitions <which>',
      'then: as the run had them; now: as they are registered now (default: then)',
      parseWord(['THEN', 'NOW'] as const),
    )
    .option('--reason <text>', 'why, for the history')
    .action(runner.action<[string], Options>((context, [runId], options) => rerun(context, runId, options)));
  examples(command, [
    'phi rerun 3f2a9c1e77d04b5a8e610c2d',
    'phi rerun 3f2a9c1e77d04b5a8e610c2d --definitions now --reason "definition corrected"',
    'phi rerun 3f2a9c1e77d04b5a8e610c2d --from load transform --reason "source corrected"',
  ]);
}

async function rerun(context: Context, runId: string, options: Options): Promise<ExitStatus> {
  const { from, reason, definitions: definition } = options;
  const body = { from, reason, definition };
  const answer = await context.api().post(`/v1/runs/${segment(runId)}/rerun`, body, answerSchema);
  context.output.emit(answer, () => {
    const after = answer.after.length === 0 ? '' : `, then ${answer.after.join(', ')}`;
    return `pass ${String(answer.pass)} of run ${answer.run_id}: ${answer.from.join(', ')}${after}`;
  });
  return EXIT.ok;
}
