import type { Command } from 'commander';

import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWhole } from '../options.js';
import { previewDifference, type VersionFiles } from '../preview/preview-difference.js';
import { previewExpression } from '../preview/preview-expression.js';
import { previewFile } from '../preview/preview-file.js';
import { previewRange, type PreviewRange } from '../preview/preview-range.js';
import { previewRegistered } from '../preview/preview-registered.js';
import { previewedKind } from '../preview/previewed-kind.js';

interface Options {
  readonly timezone?: string;
  readonly from?: string;
  readonly count: number;
  readonly against?: string;
}

const ACCEPTED = 'one expression in quotes, one file, two files, or the id of one registered schedule';

export function addPreview(program: Command, runner: CommandRunner): void {
  const command = program
    .command('preview')
    .summary('show the next times of a schedule, or how two versions differ')
    .description(
      'Shows the next times of a cron expression, of the schedules in a file of definitions (both without a server), or ' +
        'of a registered schedule. With another version of the file: the times that come (+), go (-) and stay (=).\n' +
        'With -o json: {"next": [...]} for an expression, {"schedules": [{"job_id", "schedule_id", "timezone", "next"}]} ' +
        'for a file, with "notes" where there is something to say; {"schedules": [{..., "added", "removed", "kept"}], ' +
        '"jobs"} for two versions.',
    )
    .usage('[options] <expression|file|schedule_id>\n       phi preview [options] <old-file> <new-file>')
    .argument(
      '<what...>',
      'cron expression with five or six fields (seconds first), a file or directory of definitions, or the id of a ' +
        'registered schedule; or two files, the old version first',
    )
    .option('--timezone <zone>', 'time zone of an expression (default: SCHEDULER_TIMEZONE_DEFAULT, or UTC)')
    .option('--from <instant>', 'times after this instant, such as 2026-03-08T00:00:00Z (default: now)')
    .option('--count <count>', 'how many', parseWhole(1, 10_000), 5)
    .option('--against <file>', 'an older version of the file to show the difference from')
    .action(
      runner.action<[string[]], Options>((context, [what], options) => preview(context, what, options)),
    );
  examples(command, [
    `phi preview '0 */15 * * * *'`,
    `phi preview '30 2 * * *' --timezone America/New_York --from 2026-03-07T00:00:00Z --count 3 -o json`,
    'phi preview jobs/report.yaml',
    'phi preview jobs/report.yaml --against report.old.yaml',
    'phi preview report.schedule',
  ]);
}

async function preview(context: Context, what: readonly string[], options: Options): Promise<ExitStatus> {
  const range = previewRange(options, context);
  const files = versionFiles(context, what, options);
  const [only = ''] = what;
  if (files !== undefined) await previewDifference(context, files, range);
  else await previewOne(context, only, options, range);
  return EXIT.ok;
}

async function previewOne(
  context: Context,
  what: string,
  { timezone }: Options,
  range: PreviewRange,
): Promise<void> {
  const kind = previewedKind(what, context);
  if (kind === 'EXPRESSION') {
    previewExpression(context, what, timezone, range);
    return;
  }
  refuseTimezone(timezone, kind === 'FILE' ? 'a file' : 'a registered schedule');
  if (kind === 'FILE') await previewFile(context, what, range);
  else await previewRegistered(context, what, range);
}

/** The two versions to compare, or undefined where there is one thing to preview. */
function versionFiles(
  context: Context,
  what: readonly string[],
  { against, timezone }: Options,
): VersionFiles | undefined {
  const [first = '', second, ...more] = what;
  if (more.length > 0) throw usageError(`'${what.join(' ')}'`, 'is more than two arguments', ACCEPTED);
  if (second === undefined && against === undefined) return undefined;
  if (second !== undefined && against !== undefined)
    throw usageError('--against', 'does not go with two files', 'one file beside it');
  const files = against === undefined ? { old: first, new: second ?? '' } : { old: against, new: first };
  for (const file of [files.old, files.new]) {
    if (previewedKind(file, context) !== 'FILE')
      throw usageError(`'${file}'`, 'is not a file', 'two files or directories of definitions; ' + ACCEPTED);
  }
  refuseTimezone(timezone, 'a file');
  return files;
}

function refuseTimezone(timezone: string | undefined, what: string): void {
  if (timezone === undefined) return;
  throw usageError(
    '--timezone',
    `does not go with ${what}`,
    'schedule.timezone in its definition, or an expression',
  );
}
