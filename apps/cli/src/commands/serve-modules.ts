import { BUILTIN_MODULES } from '@phi/core';
import { InvalidArgumentError, type Command } from 'commander';

import type { CommandRunner } from '../command-runner.js';
import { examples, parseWhole } from '../options.js';
import type { ServeOptions } from '../wiring/serve-modules.js';

const SERVED = BUILTIN_MODULES.filter((name) => name !== 'EPSILON');
const HANDLER = /^([A-Za-z][A-Za-z0-9_-]*)=(.+)$/;

export function addServeModules(program: Command, runner: CommandRunner): void {
  const command = program
    .command('serve-modules')
    .summary('serve the built-in modules over HTTP')
    .description(
      'Serves the built-in modules, and handlers, over the module contract (docs/module-contract.md), each job in a process of its own. ' +
        'Directories are those of an executor: PHI_DATA_DIR, PHI_SOURCE_DIR, PHI_OUTPUT_DIR. PHI_MODULES_TOKEN is demanded of ' +
        'whoever asks; without it, only this machine is served. SIGTERM or Ctrl-C ends it in order, a second one at once.',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <port>', 'port to listen on; 0 takes a free one', parseWhole(0, 65_535), 8090)
    .option('--modules <names>', 'built-in modules that are served, by commas', parseModules, SERVED)
    .option('--handler <NAME=path>', 'a module of yours as well, as defineModule makes it', addHandler, {})
    .option('--parallelism <n>', 'jobs that run at once', parseWhole(1, 100), 4)
    .option('--waiting <n>', 'jobs that wait for their turn; more are refused', parseWhole(0, 10_000), 100)
    .option('--keep-jobs <n>', 'jobs that are remembered', parseWhole(1, 1_000_000), 10_000)
    .option('--keep-hours <n>', 'how long they are, after their end', parseWhole(1, 8760), 48)
    .option('--state-dir <directory>', 'where it keeps its jobs; default: modules in PHI_DATA_DIR')
    .option('--grace-seconds <n>', 'how long what runs may go on after a signal', parseWhole(0, 86_400), 30)
    .action(
      runner.action<[], ServeOptions>(async (context, _, options) => {
        // What serves modules takes a while to load: no other command waits for it.
        const { serveModules } = await import('../wiring/serve-modules.js');
        return serveModules(context, options);
      }),
    );
  examples(command, [
    'phi serve-modules',
    'phi serve-modules --modules BETA --parallelism 8',
    'PHI_MODULES_TOKEN=… phi serve-modules --host 0.0.0.0',
    'phi serve-modules --handler GREET=./greet.mjs',
  ]);
}

function parseModules(text: string): readonly string[] {
  const names = text.split(',').map((name) => name.trim().toUpperCase());
  const wrong = names.find((name) => !SERVED.some((served) => served === name));
  if (wrong === undefined) return names;
  throw new InvalidArgumentError(`There is no module ${wrong}. Accepted: ${SERVED.join(', ')}, by commas.`);
}

function addHandler(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, path] = HANDLER.exec(text) ?? [];
  if (name === undefined || path === undefined)
    throw new InvalidArgumentError('Accepted: NAME=path of an ES module.');
  return { ...before, [name]: path };
}
