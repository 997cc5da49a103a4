import { Command } from 'commander';

import type { CommandRunner } from './command-runner.js';
import { addApply } from './commands/apply.js';
import { addCancel } from './commands/cancel.js';
import { addDeadLetters } from './commands/dead-letters.js';
import { addDev } from './commands/dev.js';
import { addEmit } from './commands/emit.js';
import { addErrors } from './commands/errors.js';
import { addExplain } from './commands/explain.js';
import { addFsck } from './commands/fsck.js';
import { addGet } from './commands/get.js';
import { addGraph } from './commands/graph.js';
import { addHealth } from './commands/health.js';
import { addDamagedRecords } from './commands/damaged-records.js';
import { addDataLosses } from './commands/data-losses.js';
import { addLimits } from './commands/limits.js';
import { addLogs } from './commands/logs.js';
import { addLs } from './commands/ls.js';
import { addModuleTest } from './commands/module-test.js';
import { addPause, addResume } from './commands/pause.js';
import { addPlan } from './commands/plan.js';
import { addPools } from './commands/pools.js';
import { addPreview } from './commands/preview.js';
import { addRetry } from './commands/retry.js';
import { addRerun } from './commands/rerun.js';
import { addRuns } from './commands/runs.js';
import { addServeModules } from './commands/serve-modules.js';
import { addTicks } from './commands/ticks.js';
import { addTrigger } from './commands/trigger.js';
import { addValidate } from './commands/validate.js';
import { addGlobalOptions, examples } from './options.js';

const COMMANDS = [
  addValidate,
  addPlan,
  addApply,
  addTrigger,
  addCancel,
  addRetry,
  addRerun,
  addEmit,
  addLs,
  addGet,
  addExplain,
  addDeadLetters,
  addErrors,
  addRuns,
  addLogs,
  addHealth,
  addFsck,
  addGraph,
  addPreview,
  addTicks,
  addPause,
  addResume,
  addPools,
  addLimits,
  addDataLosses,
  addDamagedRecords,
  addDev,
  addServeModules,
  addModuleTest,
];

/** The program with all its commands (design: Control plane). */
export function createProgram(version: string, runner: CommandRunner): Command {
  // Commands take over what is set before they are added.
  const program = new Command('phi')
    .exitOverride()
    .description('Phi, a pipeline orchestrator: definitions in, executions out')
    .version(version, '--version', 'print the version')
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError()
    .showHelpAfterError('(phi --help says what is accepted)');
  addGlobalOptions(program);
  examples(program, [
    'phi validate jobs/                    # no server needed',
    'phi plan jobs/                        # what would change',
    'phi apply jobs/',
    'phi trigger daily_report --wait       # run it, and see how it ends',
    'phi emit order.placed --source shop   # what it starts',
    'phi ls executions --status FAILED',
    'phi logs 3f2a9c1e77d04b5a8e610c2d -f',
  ]);
  program.addHelpText(
    'after',
    '\nExit status: 0 done; 1 failed; 2 wrong usage or invalid input; 130 stopped by Ctrl-C.',
  );
  for (const add of COMMANDS) add(program, runner);
  return program;
}
