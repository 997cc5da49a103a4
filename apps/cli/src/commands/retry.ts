import { segment } from '@phi/client';
import type { Command } from 'commander';
import * as z from 'zod';

import { bulk, bulkOptions, choosesBulk, type BulkOptions } from '../bulk/bulk-executions.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';

/** Answer of POST /v1/executions/{id}/retry. */
const retriedSchema = z.looseObject({
  execution_id: z.string(),
  run_id: z.string(),
  how: z.string(),
  pass: z.number().optional(),
  after: z.array(z.string()).optional(),
});
type Retried = z.infer<typeof retriedSchema>;

const CHOSEN_BY = 'ids, --job, --run, --code, --kind, --status, --tag, --since';

export function addRetry(program: Command, runner: CommandRunner): void {
  const command = bulkOptions(
    program
      .command('retry')
      .summary('try executions again')
      .description(
        'Tries executions again, each once however often it is asked for: what waits for its next attempt goes on now; the job of what ' +
          'failed, timed out or was cancelled runs again in a new pass of its run, and what comes after it.',
      )
      .argument('[execution_id...]', 'which, by any attempt; or say it by --job, --code, --kind, ...'),
  ).action(runner.action<[string[]], BulkOptions>((context, [ids], options) => retry(context, ids, options)));
  examples(command, [
    'phi retry 3f2a9c1e77d04b5a8e610c2d --reason "destination is back"',
    'phi retry --job load --code EXEC_004_OUTPUT_FAILED --dry-run',
    'phi retry --kind 3f2a9c1e77d0 --limit 10',
  ]);
}

async function retry(context: Context, ids: readonly string[], options: BulkOptions): Promise<ExitStatus> {
  if (choosesBulk('phi retry', ids, options, CHOSEN_BY)) return bulk(context, 'retry', options);
  const { reason } = options;
  const retried: Retried[] = [];
  for (const id of ids) {
    const path = `/v1/executions/${segment(id)}/retry`;
    retried.push(await context.api().post(path, { reason }, retriedSchema));
  }
  context.output.emit({ retried }, () => retried.map(describe).join('\n'));
  return EXIT.ok;
}

function describe({ execution_id, how, run_id, pass, after = [] }: Retried): string {
  if (how === 'NOW') return `${execution_id} starts now`;
  const then = after.length === 0 ? '' : `, then ${after.join(', ')}`;
  return `${execution_id} in pass ${String(pass)} of run ${run_id}${then}`;
}
