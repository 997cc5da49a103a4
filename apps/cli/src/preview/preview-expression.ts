import { formatProblem, isValidTimezone, parseCron, previewSchedule } from '@phi/core';

import { CliError, usageError } from '../cli-error.js';
import type { Context } from '../context.js';
import type { PreviewRange } from './preview-range.js';
import { previewedTimes, timesTable } from './previewed-times.js';

/** Shows the next times of a cron expression. */
export function previewExpression(
  context: Context,
  expression: string,
  zone: string | undefined,
  { from, count }: PreviewRange,
): void {
  const timezone = zone ?? context.environment.config.SCHEDULER_TIMEZONE_DEFAULT;
  if (!isValidTimezone(timezone))
    throw usageError('--timezone', `is not known: ${timezone}`, 'an IANA name such as Europe/Berlin');
  const parsed = parseCron(expression);
  if (!parsed.ok) throw CliError.invalid([formatProblem(parsed)]);
  const schedule = { schedule_type: 'CRON', cron_expression: expression, timezone } as const;
  const times = previewedTimes(previewSchedule(schedule, from, count).next);
  context.output.emit(times, () => timesTable(times, timezone, context));
}
