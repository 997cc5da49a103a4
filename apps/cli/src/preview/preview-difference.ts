import type { JobDefinition } from '@phi/core';

import { usageError } from '../cli-error.js';
import type { Context } from '../context.js';
import { readValidDefinitions } from '../definitions/read-definitions.js';
import { differenceView } from '../views/difference-view.js';
import { compareDefinitions, type Difference } from './compare-definitions.js';
import type { PreviewRange } from './preview-range.js';
import { isoTime } from './previewed-times.js';

/** The files of two versions of definitions. */
export interface VersionFiles {
  readonly old: string;
  readonly new: string;
}

/** Shows which times of the schedules come, go and stay from one version of definitions to another. */
export async function previewDifference(
  context: Context,
  files: VersionFiles,
  range: PreviewRange,
): Promise<void> {
  if (files.old === '-' && files.new === '-')
    throw usageError('-', 'cannot be both versions', 'standard input for one of them, a file for the other');
  const [old, current] = [await readJobs(context, files.old), await readJobs(context, files.new)];
  const difference = compareDefinitions(old, current, range);
  context.output.emit(asData(difference), () => differenceView(difference, context));
}

async function readJobs(context: Context, file: string): Promise<readonly JobDefinition[]> {
  const { jobs } = await readValidDefinitions([file], context, { allowUnsupported: true });
  return jobs;
}

function asData({ schedules, jobs }: Difference): object {
  return {
    schedules: schedules.map(({ job_id, schedule, until, added, removed, kept }) => ({
      job_id,
      schedule_id: schedule.schedule_id,
      timezone: schedule.timezone,
      until: until === undefined ? null : isoTime(until),
      added: added.map(isoTime),
      removed: removed.map(isoTime),
      kept: kept.length,
    })),
    jobs,
  };
}
