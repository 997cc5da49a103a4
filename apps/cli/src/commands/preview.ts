import { existsSync } from 'node:fs';
import path from 'node:path';

import {
  formatProblem,
  isValidTimezone,
  parseCron,
  previewSchedule,
  type PreviewedTime,
  type ScheduleTiming,
} from '@phi/core';
import type { Command } from 'commander';

import { CliError, usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { readValidDefinitions } from '../definitions/read-definitions.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWhole } from '../options.js';
import { formatRelative } from '../output/duration.js';
import { table } from '../output/table.js';

interface Options {
  readonly timezone?: string;
  readonly from?: string;
  readonly count: number;
}

interface Range {
  /** Epoch milliseconds; times after it are wanted. */
  readonly from: number;
  readonly count: number;
}

interface Preview {
  readonly timezone: string;
  readonly next: readonly PreviewedTime[];
}

interface JobPreview extends Preview {
  readonly job_id: string;
  readonly schedule_id: string;
}

/** A date and time that says which offset it is in. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i;

export function addPreview(program: Command, runner: CommandRunner): void {
  const command = program
    .command('preview')
    .summary('show the next times of a schedule, without a server')
    .description(
      'Shows the next times of a cron expression, or of the schedules in a file of definitions, without a server. ' +
        'With -o json: {"next": [...]} for an expression, {"schedules": [{"job_id", "schedule_id", "timezone", "next"}]} for a file.',
    )
    .argument(
      '<expression|file>',
      'cron expression with five or six fields (seconds first), or a file or directory of definitions',
    )
    .option('--timezone <zone>', 'time zone of an expression (default: SCHEDULER_TIMEZONE_DEFAULT, or UTC)')
    .option('--from <instant>', 'times after this instant, such as 2026-03-08T00:00:00Z (default: now)')
    .option('--count <count>', 'how many', parseWhole(1, 10_000), 5)
    .action(runner.action<[string], Options>((context, [what], options) => preview(context, what, options)));
  examples(command, [
    `phi preview '0 */15 * * * *'`,
    `phi preview '30 2 * * *' --timezone America/New_York --from 2026-03-07T00:00:00Z --count 3 -o json`,
    'phi preview jobs/report.yaml',
  ]);
}

async function preview(context: Context, what: string, options: Options): Promise<ExitStatus> {
  const range = {
    from: options.from === undefined ? context.now() : parseInstant(options.from),
    count: options.count,
  };
  const isFile =
    what === '-' || /\.(?:ya?ml|json)$/.test(what) || existsSync(path.resolve(context.directory, what));
  if (!isFile) showExpression(context, what, options.timezone, range);
  else if (options.timezone === undefined) await showFile(context, what, range);
  else
    throw usageError(
      '--timezone',
      'does not go with a file',
      'schedule.timezone in the file, or an expression',
    );
  return EXIT.ok;
}

function showExpression(context: Context, expression: string, zone: string | undefined, range: Range): void {
  const timezone = zone ?? context.environment.config.SCHEDULER_TIMEZONE_DEFAULT;
  if (!isValidTimezone(timezone))
    throw usageError('--timezone', `is not known: ${timezone}`, 'an IANA name such as Europe/Berlin');
  const parsed = parseCron(expression);
  if (!parsed.ok) throw CliError.invalid([formatProblem(parsed)]);
  const found = compute({ schedule_type: 'CRON', cron_expression: expression, timezone }, range);
  context.output.emit({ next: found.next.map(isoTime) }, () => describe(found, context));
}

async function showFile(context: Context, file: string, range: Range): Promise<void> {
  const { jobs } = await readValidDefinitions([file], context);
  const previews = jobs.flatMap(({ job_id, schedule }): JobPreview[] =>
    schedule === null ? [] : [{ job_id, schedule_id: schedule.schedule_id, ...compute(schedule, range) }],
  );
  if (previews.length === 0) throw CliError.invalid([`${file} has no job with a schedule`]);
  const schedules = previews.map((found) => ({ ...found, next: found.next.map(isoTime) }));
  context.output.emit({ schedules }, () =>
    previews.map((found) => `${found.job_id} (${found.timezone})\n${describe(found, context)}`).join('\n\n'),
  );
}

function compute(schedule: ScheduleTiming, { from, count }: Range): Preview {
  return { timezone: schedule.timezone, next: previewSchedule(schedule, from, count).next };
}

function describe({ timezone, next }: Preview, { now }: Context): string {
  if (next.length === 0) return 'it never fires again';
  const wall = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const rows = next.map((time) => [
    wall.format(time.time_ms),
    isoTime(time),
    formatRelative(isoTime(time), now()),
    time.note,
  ]);
  return table([timezone, 'INSTANT', '', ''], rows);
}

function isoTime({ time_ms }: PreviewedTime): string {
  return new Date(time_ms).toISOString();
}

function parseInstant(text: string): number {
  const ms = INSTANT.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms))
    throw usageError(
      '--from',
      `is not an instant: ${text}`,
      'ISO 8601 with an offset, such as 2026-03-08T00:00:00Z',
    );
  return ms;
}
