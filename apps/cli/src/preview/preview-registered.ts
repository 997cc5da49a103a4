import { segment, Unreachable } from '@phi/client';

import { ApiRefusal } from '../api/api-error.js';
import { schedulePreviewSchema, type SchedulePreview } from '../api/schedule-preview.js';
import { unreachableError } from '../api/unreachable.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import type { PreviewRange } from './preview-range.js';
import { isoTime, timesTable } from './previewed-times.js';

/** Shows the next times of a schedule as the API has it registered. */
export async function previewRegistered(
  context: Context,
  scheduleId: string,
  range: PreviewRange,
): Promise<void> {
  const preview = await ask(context, scheduleId, range);
  const { job_id, timezone } = preview;
  context.output.emit(preview, () => `${job_id} (${timezone})\n${timesTable(preview, timezone, context)}`);
}

async function ask(
  context: Context,
  scheduleId: string,
  { from, count }: PreviewRange,
): Promise<SchedulePreview> {
  try {
    const path = `/v1/schedules/${segment(scheduleId)}/preview`;
    return await context.api().get(path, schedulePreviewSchema, { from: isoTime(from), count });
  } catch (error) {
    const why = reasonsOf(error);
    if (why === undefined) throw error;
    throw CliError.failed(
      [`${scheduleId} is neither a file nor a cron expression, and no registered schedule was found`, ...why],
      error,
    );
  }
}

/** Why there is no answer: whoever meant a file or an expression must learn what it was taken for. */
function reasonsOf(error: unknown): readonly string[] | undefined {
  if (error instanceof Unreachable) return unreachableError(error).lines;
  if (!(error instanceof ApiRefusal) || error.status !== 404) return undefined;
  return ['the API knows no schedule of this id (404); `phi get job JOB_ID` shows the schedule_id of a job'];
}
