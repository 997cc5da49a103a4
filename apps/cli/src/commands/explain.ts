import { segment } from '@phi/client';
import type { Command } from 'commander';

import { explanationSchema } from '../api/explanation.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { describeExplanation } from '../views/explanation-view.js';

interface Options {
  readonly replay?: boolean;
}

export function addExplain(program: Command, runner: CommandRunner): void {
  const command = program
    .command('explain')
    .summary('say why an execution is where it is')
    .description(
      'Says why an execution has not started, where it runs or how it ended, and how it went through the rules.',
    )
    .argument('<execution>', 'execution_id')
    .option('--replay', 'compute its verdicts again; status 1 where one comes out differently')
    .action(
      runner.action<[string], Options>((context, [execution], options) =>
        explain(context, execution, options),
      ),
    );
  examples(command, [
    'phi explain 3f2a9c1e77d04b5a8e610c2d',
    'phi explain 3f2a9c1e77d04b5a8e610c2d -o json | jq -r .summary',
  ]);
}

async function explain(context: Context, execution: string, { replay }: Options): Promise<ExitStatus> {
  const query = replay === true ? { replay: true } : {};
  const path = `/v1/executions/${segment(execution)}/explain`;
  const explanation = await context.api().get(path, explanationSchema, query);
  context.output.emit(explanation, () => describeExplanation(explanation, context));
  return explanation.replay !== null && explanation.replay.differences.length > 0 ? EXIT.failed : EXIT.ok;
}
