import { spawn } from 'node:child_process';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import type { Command } from 'commander';

import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';

/** Services are started by what `npm start` is made of, which is no part of this program but of the checkout it was built in. */
const SCRIPT = fileURLToPath(new URL('../../../../scripts/dev.mjs', import.meta.url));

export function addDev(program: Command, runner: CommandRunner): void {
  const command = program
    .command('dev')
    .summary('run a directory of jobs and handlers, and again as they change')
    .description(
      'Starts Redis (unless REDIS_URL names one) and every service, registers the definitions of a directory, and brings in what changes: definitions are applied again, handlers loaded anew by the next execution, executors started again for another modules.yaml. What is wrong is shown with its place, and the old stays. Ctrl-C drains and stops. For work in a checkout.',
    )
    .argument(
      '[dir]',
      'directory with jobs/*.yaml (or *.yaml), modules.yaml and handlers; sources are read from it',
      '.',
    )
    .action(runner.action<[string], object>((context, [directory]) => dev(context, directory)));
  examples(command, ['phi dev', 'phi dev examples', 'PHI_API_PORT=9000 phi dev pipelines']);
}

/** Ctrl-C in a terminal reaches the script as well; a signal to this process alone is passed on. */
async function dev(context: Context, directory: string): Promise<ExitStatus> {
  const child = spawn(process.execPath, [SCRIPT, path.resolve(context.directory, directory)], {
    stdio: 'inherit',
  });
  const stop = (): void => {
    child.kill('SIGTERM');
  };
  context.signal.addEventListener('abort', stop, { once: true });
  process.on('SIGTERM', stop);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('exit', resolve);
  });
  return status === 0 ? EXIT.ok : EXIT.failed;
}
