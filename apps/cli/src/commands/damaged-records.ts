import { segment } from '@phi/client';
import type { Command } from 'commander';

import { damagedBytesSchema, damagedRecordsSchema } from '../api/damaged-record.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { facts, table } from '../output/table.js';

export function addDamagedRecords(program: Command, runner: CommandRunner): void {
  const records = program
    .command('damaged-records')
    .summary('list the records that could not be read, and show their bytes')
    .description(
      'Lists the last hundred records, and what else is kept beside them, that could not be read and were made again, the newest first.',
    )
    .action(runner.action<[], object>((context) => list(context)));
  examples(records, ['phi damaged-records', 'phi damaged-records get 4be1c2f0a7d35e6689b1d204']);
  records
    .command('get')
    .summary('show what was found in place of one, in base64')
    .argument('<id>', 'as it is listed: of an execution, a run, a job, ...')
    .action(runner.action<[string], object>((context, [id]) => show(context, id)));
}

async function list(context: Context): Promise<ExitStatus> {
  const answer = await context.api().get('/v1/damaged-records', damagedRecordsSchema);
  context.output.emit(answer, () =>
    table(
      ['FOUND', 'KIND', 'ID', 'BYTES'],
      answer.items.map(({ time, kind, id, size }) => [time, kind, id, size]),
    ),
  );
  return EXIT.ok;
}

async function show(context: Context, id: string): Promise<ExitStatus> {
  const answer = await context.api().get(`/v1/damaged-records/${segment(id)}`, damagedBytesSchema);
  context.output.emit(answer, () =>
    answer.items
      .map(({ kind, id: of, time, size, bytes }) =>
        facts([
          ['kind', kind],
          ['id', of],
          ['found', time],
          ['bytes', size],
          ['base64', bytes],
        ]),
      )
      .join('\n\n'),
  );
  return EXIT.ok;
}
