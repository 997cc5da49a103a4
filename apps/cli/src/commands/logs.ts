import { segment } from '@phi/client';
import { isTerminal, EXECUTION_STATUSES } from '@phi/core';
import type { Command } from 'commander';
import * as z from 'zod';

import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { patiently, POLL_MS } from '../follow/follow-run.js';
import { examples } from '../options.js';
import { plainText } from '../output/plain-text.js';
import { pause } from '../system.js';

interface Options {
  readonly follow?: boolean;
  readonly timestamps?: boolean;
}

const lineSchema = z.looseObject({ id: z.string(), time: z.string(), stream: z.string(), text: z.string() });
type LogLine = z.infer<typeof lineSchema>;

/** GET /v1/executions/{id}/logs */
const linesSchema = z.looseObject({ lines: z.array(lineSchema) });
const statusSchema = z.looseObject({ status: z.enum(EXECUTION_STATUSES) });

const PAGE = 500;

export function addLogs(program: Command, runner: CommandRunner): void {
  const command = program
    .command('logs')
    .summary('print what an execution printed')
    .description('Prints what an execution printed. With -o json, one JSON object a line.')
    .argument('<execution_id>', 'the execution')
    .option('-f, --follow', 'go on until the execution has ended')
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

async function logs(
  context: Context,
  executionId: string,
  { follow, timestamps }: Options,
): Promise<ExitStatus> {
  const path = `/v1/executions/${segment(executionId)}`;
  let after: string | undefined;
  for (;;) {
    // Its status is read before its lines: what it printed last is there once it has ended.
    const { status } = await patiently(context, () => context.api().get(path, statusSchema));
    after = await printFrom(context, path, after, timestamps === true);
    if (follow !== true || isTerminal(status)) return EXIT.ok;
    await pause(POLL_MS, context.signal);
  }
}

/** @returns the id of the last line printed */
async function printFrom(
  context: Context,
  path: string,
  from: string | undefined,
  timestamps: boolean,
): Promise<string | undefined> {
  let after = from;
  for (;;) {
    const { lines } = await patiently(context, () =>
      context.api().get(`${path}/logs`, linesSchema, { after, limit: PAGE }),
    );
    for (const line of lines) context.output.emitRecord(line, () => format(line, timestamps));
    after = lines.at(-1)?.id ?? after;
    if (lines.length < PAGE) return after;
  }
}

function format({ time, text }: LogLine, timestamps: boolean): string {
  return plainText(timestamps ? `${time}  ${text}` : text);
}
