import { previewSchedule, type JobDefinition } from '@phi/core';

import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { readValidDefinitions } from '../definitions/read-definitions.js';
import type { PreviewRange } from './preview-range.js';
import { previewedTimes, timesTable, type PreviewedTimes } from './previewed-times.js';

interface SchedulePreview extends PreviewedTimes {
  readonly job_id: string;
  readonly schedule_id: string;
  readonly timezone: string;
}

/** Shows the next times of every schedule in a file of definitions. */
export async function previewFile(context: Context, file: string, range: PreviewRange): Promise<void> {
  const { jobs } = await readValidDefinitions([file], context, { allowUnsupported: true });
  const schedules = jobs.flatMap((job) => previewJob(job, range));
  if (schedules.length === 0) throw CliError.invalid([`${file} has no job with a schedule`]);
  const disabled = new Set(jobs.filter(({ enabled }) => !enabled).map(({ job_id }) => job_id));
  context.output.emit({ schedules }, () =>
    schedules
      .map((found) => {
        const state = disabled.has(found.job_id) ? ', disabled: nothing fires' : '';
        return `${found.job_id} (${found.timezone})${state}\n${timesTable(found, found.timezone, context)}`;
      })
      .join('\n\n'),
  );
}

function previewJob(job: JobDefinition, { from, count }: PreviewRange): SchedulePreview[] {
  const { job_id, schedule } = job;
  if (schedule === null) return [];
  const { schedule_id, timezone } = schedule;
  const { next } = previewSchedule(schedule, from, count, { job });
  return [{ job_id, schedule_id, timezone, ...previewedTimes(next) }];
}
