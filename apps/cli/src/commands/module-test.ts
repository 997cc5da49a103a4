import { InvalidArgumentError, type Command } from 'commander';

import type { CommandRunner } from '../command-runner.js';
import { examples, parseWhole } from '../options.js';
import type { ModuleTestCommandOptions } from '../module-test/run-module-test.js';

export function addModuleTest(program: Command, runner: CommandRunner): void {
  const command = program
    .command('module-test')
    .summary('test whether a module keeps the module contract')
    .description(
      'Tests whether an HTTP module keeps the module contract (docs/module-contract.md, Testing your module). Exit status 1 when a check ' +
        'fails. Run it against a module for tests: it begins jobs there, and stops those that are left.',
    )
    .argument('[url]', 'base address of the module', parseAddress)
    .option(
      '--request <file>',
      'work that the module does at once, YAML or JSON: {type, parameters, inputs, stage}; default: by the names it has',
    )
    .option('--slow-request <file>', 'work that takes seconds, to be stopped')
    .option('--token <token>', 'sent as Authorization: Bearer (PHI_MODULES_TOKEN)')
    .option('--timeout <seconds>', 'how long one check may take', parseWhole(1, 3600), 60)
    .option('--callback-url <url>', 'where the module reaches this machine; default: on it', parseAddress)
    .option('--callback-port <port>', 'port to listen on for callbacks', parseWhole(1, 65_535))
    .option('--only <names...>', 'make these checks alone')
    .option('--list', 'list the checks, and make none')
    .action(
      runner.action<[string | undefined], ModuleTestCommandOptions>(async (context, [url], options) => {
        // It takes a while to load: no other command waits for it.
        const { runModuleTest } = await import('../module-test/run-module-test.js');
        return runModuleTest(context, url, options);
      }),
    );
  examples(command, [
    'phi module-test http://127.0.0.1:8090',
    'phi module-test https://mine.example --request work.yaml --slow-request slow.yaml -o json',
    'phi module-test http://127.0.0.1:9000 --only same-key-at-once cancels',
    'phi module-test --list',
  ]);
}

function parseAddress(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw new InvalidArgumentError('Accepted: http://host:port or https://host:port.');
}
