import { cloudEventSchema, findProblems, formatProblem, type CloudEvent } from '@phi/core';
import type { Command } from 'commander';
import * as z from 'zod';

import { CliError, usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { parseJson, readOptionText } from '../json-option.js';
import { examples } from '../options.js';
import { facts, table } from '../output/table.js';

interface Options {
  readonly source?: string;
  readonly id?: string;
  readonly subject?: string;
  readonly time?: string;
  readonly data?: string;
  readonly event?: string;
}

const trigger = { job_id: z.string(), trigger_id: z.string() };

/** Answer of POST /v1/events to one event. */
const emittedSchema = z.looseObject({
  outcome: z.string(),
  deliveries: z.array(z.looseObject({ ...trigger, state: z.string(), execution_id: z.string().nullish() })),
  passed_over: z.array(z.looseObject({ ...trigger, reason: z.string() })),
});
type Emitted = z.infer<typeof emittedSchema>;

export function addEmit(program: Command, runner: CommandRunner): void {
  const command = program
    .command('emit')
    .summary('send an event')
    .description(
      'Sends an event, and says what it starts (specification: Event-Based Triggers). The same source and id are the same event: sent again, it starts nothing.',
    )
    .argument('[type]', 'what happened, such as order.placed')
    .option('--source <source>', 'where it comes from; triggers name it')
    .option('--id <id>', 'identifies it within its source (default: a new one)')
    .option('--subject <subject>', 'to what it happened')
    .option('--time <time>', 'when it happened, as ISO 8601 with an offset')
    .option('--data <json>', 'what there is to say about it: JSON, @FILE or @- for standard input')
    .option('--event <json>', 'a whole CloudEvent instead: JSON, @FILE or @-')
    .action(
      runner.action<[string | undefined], Options>((context, [type], options) =>
        emit(context, type, options),
      ),
    );
  examples(command, [
    `phi emit order.placed --source shop --data '{"order": 4711}'`,
    'phi emit file.arrived --source ftp --id 2026-11-23/prices.csv --data @prices.json',
    'phi emit --event @event.json -o json',
  ]);
}

async function emit(context: Context, type: string | undefined, options: Options): Promise<ExitStatus> {
  const given =
    options.event === undefined
      ? await eventOf(context, type, options)
      : await wholeEvent(context, type, options);
  const event = check({ id: context.newId(), ...given }, options.event === undefined);
  const emitted = await context.api().post('/v1/events', event, emittedSchema);
  const { output } = context;
  output.emit({ id: event.id, ...emitted }, () => describe(event.id, emitted));
  for (const { job_id, trigger_id, reason } of emitted.passed_over)
    output.note(`passed over ${trigger_id} of ${job_id}: ${reason}`);
  if (emitted.outcome === 'UNMATCHED')
    output.note(`no trigger took this event of the source ${event.source}`);
  return EXIT.ok;
}

async function eventOf(
  context: Context,
  type: string | undefined,
  { source, id, subject, time, data }: Options,
): Promise<Record<string, unknown>> {
  if (type === undefined)
    throw usageError('type', 'is left out', 'what happened, or a whole event with --event');
  return {
    specversion: '1.0',
    type,
    ...Object.fromEntries(
      Object.entries({ id, source, subject, time }).filter(([, value]) => value !== undefined),
    ),
    ...(data === undefined ? {} : { data: await readJson('--data', data, context) }),
  };
}

async function wholeEvent(context: Context, type: string | undefined, options: Options): Promise<object> {
  const { event = '', ...others } = options;
  const beside = [...(type === undefined ? [] : ['type']), ...Object.keys(others).map((name) => `--${name}`)];
  if (beside.length > 0) throw usageError('--event', `comes beside ${beside.join(', ')}`, '--event alone');
  const value = await readJson('--event', event, context);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw usageError('--event', 'is not a JSON object', 'a CloudEvent as JSON');
}

async function readJson(option: string, given: string, context: Context): Promise<unknown> {
  const parsed = parseJson(await readOptionText(option, given, context));
  if (parsed === undefined)
    throw usageError(option, 'is not JSON', 'JSON, @FILE or @-; a text in double quotes');
  return parsed.value;
}

const OPTION_FIELDS = /^(?:source|id|subject|time|data)\b/;

/** @param isByOptions - whether what is wrong was an option */
function check(event: object, isByOptions: boolean): CloudEvent {
  const parsed = cloudEventSchema.safeParse(event);
  if (parsed.success) return parsed.data;
  const lines = findProblems(cloudEventSchema, event).map((problem) =>
    formatProblem({
      ...problem,
      field: isByOptions && OPTION_FIELDS.test(problem.field) ? `--${problem.field}` : problem.field,
    }),
  );
  throw CliError.invalid(lines.length === 1 ? lines : ['the event is not valid', ...lines]);
}

function describe(id: string, { outcome, deliveries }: Emitted): string {
  const head = facts([
    ['event', id],
    ['outcome', outcome],
  ]);
  if (deliveries.length === 0) return head;
  const rows = deliveries.map(({ job_id, trigger_id, state, execution_id }) => [
    job_id,
    trigger_id,
    state,
    execution_id,
  ]);
  return `${head}\n\n${table(['JOB', 'TRIGGER', 'STATE', 'EXECUTION'], rows)}`;
}
