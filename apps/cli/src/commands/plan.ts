import { dependencyEdgeSchema } from '@phi/core';
import type { Command } from 'commander';
import * as z from 'zod';

import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { applyAnswerSchema, sendDefinitions } from '../definitions/send-definitions.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { changesView } from '../views/changes-view.js';

/** Answer of POST /v1/apply to a dry run. */
const planAnswerSchema = applyAnswerSchema.extend({
  changes: z.array(
    z.looseObject({
      job_id: z.string(),
      change: z.string(),
      revision: z.number(),
      fields: z
        .array(z.looseObject({ field: z.string(), before: z.unknown(), after: z.unknown() }))
        .optional(),
    }),
  ),
  edges: z.looseObject({
    added: z.array(dependencyEdgeSchema.loose()),
    removed: z.array(dependencyEdgeSchema.loose()),
  }),
  schedules: z.array(
    z.looseObject({
      schedule_id: z.string(),
      timezone: z.string(),
      before: z.array(z.string()),
      after: z.array(z.string()),
    }),
  ),
});

export function addPlan(program: Command, runner: CommandRunner): void {
  const command = program
    .command('plan')
    .summary('show what an apply would change')
    .description(
      'Shows what `phi apply` would change, and changes nothing: jobs with the fields that differ, edges of the graph that ' +
        'come and go, and the next fire times of schedules before and after. Exit status 0 with or without changes.',
    )
    .argument(
      '<files...>',
      'files, directories with *.yaml, *.yml or *.json in them, or - for standard input',
    )
    .action(runner.action<[string[]], object>((context, [files]) => plan(context, files)));
  examples(command, ['phi plan jobs/', 'phi plan report.yaml -o json']);
}

async function plan(context: Context, files: readonly string[]): Promise<ExitStatus> {
  const result = await sendDefinitions(context, files, { answer: planAnswerSchema, dryRun: true });
  context.output.emit(result, () => changesView(result));
  return EXIT.ok;
}
