import type { Command } from 'commander';

import { dataLossesSchema, type DataLosses } from '../api/data-loss.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { table } from '../output/table.js';

export function addDataLosses(program: Command, runner: CommandRunner): void {
  const losses = program
    .command('data-losses')
    .summary('show what Redis lost, and acknowledge it')
    .description(
      'Shows what Redis lost and nobody has acknowledged; phi health is DEGRADED as long as there is any. Exit status 1 then.',
    )
    .action(runner.action<[], object>((context) => show(context)));
  examples(losses, ['phi data-losses', 'phi data-losses acknowledge']);
  const acknowledge = losses
    .command('acknowledge')
    .summary('say that it was seen to')
    .description('Says that what Redis lost was seen to: phi health does not mention it any more.')
    .action(runner.action<[], object>((context) => forget(context)));
  examples(acknowledge, ['phi data-losses acknowledge']);
}

async function show(context: Context): Promise<ExitStatus> {
  const losses = await context.api().get('/v1/data-losses', dataLossesSchema);
  context.output.emit(losses, () => describe(losses));
  return losses.items.length === 0 ? EXIT.ok : EXIT.failed;
}

async function forget(context: Context): Promise<ExitStatus> {
  const losses = await context.api().post('/v1/data-losses/acknowledge', {}, dataLossesSchema);
  context.output.emit(losses, () => describe(losses));
  return EXIT.ok;
}

function describe({ items }: DataLosses): string {
  if (items.length === 0) return 'Nothing is known to be lost.';
  const rows = items.map(({ message, found_time, found_by }) => [found_time, found_by, message]);
  return table(['FOUND', 'BY', 'WHAT'], rows);
}
