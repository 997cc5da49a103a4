import {
  executionWindowRestriction,
  executionWindowTimezone,
  fireTimes,
  type JobDefinition,
  type Schedule,
} from '@phi/core';

import type { PreviewRange } from './preview-range.js';

/** At most so many times of each version are compared. */
const MAX_COMPARED = 10_000;

/** What becomes of the times at which a job starts; epoch milliseconds. */
export interface ScheduleDifference {
  readonly job_id: string;
  /** As in the new version, if the job has a schedule there. */
  readonly schedule: Schedule;
  /** That of the old version, if it is another. */
  readonly oldTimezone: string | undefined;
  /** Up to this time both versions were compared; undefined if neither ever fires. */
  readonly until: number | undefined;
  readonly added: readonly number[];
  readonly removed: readonly number[];
  readonly kept: readonly number[];
}

interface Versions {
  readonly old: JobDefinition | undefined;
  readonly new: JobDefinition | undefined;
}

/** Two versions of definitions, and what becomes of the jobs and their times. */
export interface Difference {
  readonly schedules: readonly ScheduleDifference[];
  /** Names of jobs that are in one version only. */
  readonly jobs: { readonly added: readonly string[]; readonly removed: readonly string[] };
}

/**
 * Compares two versions of definitions, job by job, from the beginning of a range until both versions have come to as
 * many times as it counts. A time that a version skips, for it is outside the execution windows or the job is disabled,
 * is none.
 */
export function compareDefinitions(
  old: readonly JobDefinition[],
  current: readonly JobDefinition[],
  range: PreviewRange,
): Difference {
  const [oldJobs, newJobs] = [byId(old), byId(current)];
  const ids = new Set([...newJobs.keys(), ...oldJobs.keys()]);
  return {
    schedules: [...ids].flatMap((id) => compareJob({ old: oldJobs.get(id), new: newJobs.get(id) }, range)),
    jobs: {
      added: [...ids].filter((id) => !oldJobs.has(id)),
      removed: [...ids].filter((id) => !newJobs.has(id)),
    },
  };
}

function byId(jobs: readonly JobDefinition[]): ReadonlyMap<string, JobDefinition> {
  return new Map(jobs.map((job) => [job.job_id, job]));
}

function compareJob(versions: Versions, range: PreviewRange): ScheduleDifference[] {
  const job = [versions.new, versions.old].find((version) => hasSchedule(version));
  if (job === undefined) return [];
  const until = compareUntil(versions, range);
  const [old, current] = [versions.old, versions.new].map((version) => startTimes(version, range, until));
  const [before, after] = [new Set(old), new Set(current)];
  const oldTimezone = versions.old?.schedule?.timezone;
  return [
    {
      job_id: job.job_id,
      schedule: job.schedule,
      oldTimezone: oldTimezone === job.schedule.timezone ? undefined : oldTimezone,
      until,
      added: [...after].filter((time) => !before.has(time)),
      removed: [...before].filter((time) => !after.has(time)),
      kept: [...after].filter((time) => before.has(time)),
    },
  ];
}

function hasSchedule(job: JobDefinition | undefined): job is JobDefinition & { readonly schedule: Schedule } {
  return job !== undefined && job.schedule !== null;
}

/** The later of the two versions' last wanted times, as far as no more than MAX_COMPARED lie before it. */
function compareUntil(versions: Versions, { from, count }: PreviewRange): number | undefined {
  const schedules = [versions.old, versions.new].filter((version) => hasSchedule(version));
  const last = (schedule: Schedule, until: number, atMost: number): number | undefined =>
    fireTimes(schedule, from, until, from, atMost).times.at(-1);
  const wanted = schedules.flatMap(({ schedule }) => last(schedule, Infinity, count) ?? []);
  if (wanted.length === 0) return undefined;
  const until = Math.max(...wanted);
  const cut = schedules.flatMap(({ schedule }) => {
    const { times, complete } = fireTimes(schedule, from, until, from, MAX_COMPARED);
    return complete ? [] : (times.at(-1) ?? []);
  });
  return Math.min(until, ...cut);
}

function startTimes(
  job: JobDefinition | undefined,
  { from }: PreviewRange,
  until: number | undefined,
): readonly number[] {
  if (!hasSchedule(job) || !job.enabled || until === undefined) return [];
  const { schedule } = job;
  const { times } = fireTimes(schedule, from, until, from, MAX_COMPARED);
  const timezone = executionWindowTimezone(job, schedule.timezone);
  return times.filter((time) => executionWindowRestriction(job, timezone, time) !== 'SKIP');
}
