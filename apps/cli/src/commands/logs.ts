import { segment } from '@phi/client';
import { isTerminal, EXECUTION_STATUSES } from '@phi/core';
import type { Command } from 'commander';
import * as z from 'zod';

import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { patiently } from '../follow/follow-run.js';
import { examples } from '../options.js';
import { plainText } from '../output/plain-text.js';
import { pause } from '../system.js';

interface Options {
  readonly follow?: boolean;
  readonly timestamps?: boolean;
}

const lineSchema = z.looseObject({
  id: z.string(),
  number: z.number(),
  time: z.string(),
  stream: z.string(),
  text: z.string(),
});
type LogLine = z.infer<typeof lineSchema>;

/** GET /v1/executions/{id}/logs */
const pageSchema = z.looseObject({
  status: z.enum(EXECUTION_STATUSES),
  retried_by: z.string().nullable(),
  lines: z.array(lineSchema),
});
type Page = z.infer<typeof pageSchema>;

/** Between two looks at a log that is followed, in milliseconds: a line is seen within half a second. */
const LOOK_MS = 250;
const PAGE = 500;

export function addLogs(program: Command, runner: CommandRunner): void {
  const command = program
    .command('logs')
    .summary('print what an execution printed')
    .description(
      'Prints what an execution printed: its last 2,000 lines, at most 1 MiB. How many lines were dropped is said on standard error. With -o json, one JSON object a line.',
    )
    .argument('<execution_id>', 'the execution')
    .option('-f, --follow', 'go on until the execution has ended, and with each next attempt of it')
    .option('--timestamps', 'begin each line with its time')
    .action(
      runner.action<[string], Options>((context, [executionId], options) =>
        logs(context, executionId, options),
      ),
    );
  examples(command, [
    'phi logs 3f2a9c1e77d04b5a8e610c2d',
    'phi logs 3f2a9c1e77d04b5a8e610c2d -f --timestamps',
  ]);
}

async function logs(context: Context, executionId: string, options: Options): Promise<ExitStatus> {
  for (let id: string | undefined = executionId; id !== undefined;) {
    const { retried_by } = await printAll(context, id, options);
    if (options.follow !== true || retried_by === null) break;
    context.output.note(`${id} has ended; its next attempt is ${retried_by}`);
    id = retried_by;
  }
  return EXIT.ok;
}

/** Prints the log of one attempt, to its end where it is followed. @returns the last page of it */
async function printAll(context: Context, executionId: string, options: Options): Promise<Page> {
  const path = `/v1/executions/${segment(executionId)}/logs`;
  let last: LogLine | undefined;
  for (;;) {
    const query = { after: last?.id, limit: PAGE };
    const page = await patiently(context, () => context.api().get(path, pageSchema, query));
    for (const line of page.lines) {
      print(context, line, last, options);
      last = line;
    }
    if (page.lines.length === PAGE) continue;
    if (options.follow !== true || isTerminal(page.status)) return page;
    await pause(LOOK_MS, context.signal);
  }
}

/** @param before - the line printed before it */
function print({ output }: Context, line: LogLine, before: LogLine | undefined, options: Options): void {
  const dropped = line.number - (before?.number ?? 0) - 1;
  if (dropped > 0) output.note(`… ${String(dropped)} ${dropped === 1 ? 'line was' : 'lines were'} dropped`);
  output.emitRecord(line, () => format(line, options.timestamps === true));
}

function format({ time, text }: LogLine, timestamps: boolean): string {
  return plainText(timestamps ? `${time}  ${text}` : text);
}
