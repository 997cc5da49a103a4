import { TICK_OUTCOMES } from '@phi/core';
import type { Command } from 'commander';
import type * as z from 'zod';

import { segment } from '@phi/client';
import { findScheduleId } from '../api/find-schedule.js';
import { readList } from '../api/page.js';
import { tickRunSchema, tickSchema } from '../api/tick.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { isoInstant } from '../instant.js';
import { examples, parseWhole, parseWord } from '../options.js';
import { describeTickRuns, describeTicks } from '../views/tick-view.js';

const OUTCOMES = [...TICK_OUTCOMES, 'HELD'] as const;

interface Options {
  readonly limit: number;
  readonly outcome?: string;
  readonly from?: string;
  readonly until?: string;
  readonly compact?: boolean;
}

interface Listing<Item extends z.ZodType> {
  readonly item: Item;
  readonly describe: (items: readonly z.infer<Item>[], context: Context) => string;
}

export function addTicks(program: Command, runner: CommandRunner): void {
  const command = program
    .command('ticks')
    .summary('say what became of the fire times of a schedule')
    .description(
      'Says what became of each fire time of a schedule, the latest first: the execution that it led to, or why there is none.',
    )
    .argument('<schedule>', 'schedule_id, or the job_id of its job')
    .option('--outcome <outcome>', `only these: ${OUTCOMES.join(', ')}`, parseWord(OUTCOMES))
    .option('--from <instant>', 'only fire times at this instant or after it, such as 2026-03-08T00:00:00Z')
    .option('--until <instant>', 'only fire times before this instant')
    .option('--compact', 'one line for fire times in a row that came to the same')
    .option('--limit <count>', 'at most so many', parseWhole(1, 5000), 50)
    .action(
      runner.action<[string], Options>((context, [schedule], options) => ticks(context, schedule, options)),
    );
  examples(command, [
    'phi ticks daily_report',
    'phi ticks daily_report.schedule --outcome MISSED --from 2026-03-01T00:00:00Z',
    'phi ticks daily_report --compact --limit 1000 -o json',
  ]);
}

async function ticks(context: Context, schedule: string, options: Options): Promise<ExitStatus> {
  const query = queryOf(options);
  const scheduleId = await findScheduleId(context.api(), schedule);
  return options.compact === true
    ? show(context, scheduleId, query, { item: tickRunSchema, describe: describeTickRuns })
    : show(context, scheduleId, query, { item: tickSchema, describe: describeTicks });
}

interface TicksQuery {
  readonly limit: number;
  readonly outcome: string | undefined;
  readonly from: string | undefined;
  readonly until: string | undefined;
  readonly compact: true | undefined;
}

function queryOf({ limit, outcome, from, until, compact }: Options): TicksQuery {
  return {
    limit,
    outcome,
    from: isoInstant('--from', from),
    until: isoInstant('--until', until),
    compact: compact === true ? true : undefined,
  };
}

async function show<Item extends z.ZodType>(
  context: Context,
  scheduleId: string,
  { limit, ...query }: TicksQuery,
  { item, describe }: Listing<Item>,
): Promise<ExitStatus> {
  const path = `/v1/schedules/${segment(scheduleId)}/ticks`;
  const found = await readList(context.api(), { path, item, query }, limit);
  context.output.emit({ items: found.items }, () => describe(found.items, context));
  if (found.more) context.output.note(`there are more: --limit ${String(limit)} was reached`);
  return EXIT.ok;
}
