import { stringify } from 'yaml';

import type { JobSummary, RegisteredJob } from '../api/job.js';
import type { Context } from '../context.js';
import { formatRelative } from '../output/duration.js';
import { plainText } from '../output/plain-text.js';
import { facts, table } from '../output/table.js';

/** Jobs as a table. */
export function describeJobs(jobs: readonly JobSummary[], { now }: Context): string {
  const rows = jobs.map((job) => [
    job.job_id,
    job.job_type,
    job.enabled ? 'yes' : 'no',
    job.revision,
    job.schedule?.expression,
    formatRelative(job.schedule?.next_time, now()),
    job.dependencies.join(', '),
  ]);
  return table(['JOB', 'TYPE', 'ENABLED', 'REVISION', 'SCHEDULE', 'NEXT', 'DEPENDS ON'], rows);
}

/** One job with its whole definition. */
export function describeJob(job: RegisteredJob, { now }: Context): string {
  const about = facts([
    ['job', job.job_id],
    ['revision', job.revision],
    ['changed', `${formatRelative(job.time, now())} by ${job.author}`],
    ['reason', job.reason],
    ['next', formatRelative(job.schedule?.next_time, now())],
    ['last', formatRelative(job.schedule?.last_time, now())],
    ['window', windowOf(job, now())],
  ]);
  return `${about}\n\n${plainText(stringify(job.definition, { lineWidth: 0 })).trimEnd()}`;
}

/** Whether executions of a job may start now, and when that changes. */
function windowOf({ window }: RegisteredJob, now: number): string | undefined {
  if (window === null || window === undefined) return undefined;
  if (!window.open) return `closed, opens ${formatRelative(window.opens, now)}`;
  return window.closes ? `open, closes ${formatRelative(window.closes, now)}` : 'open';
}
