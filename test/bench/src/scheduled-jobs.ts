import type { AuthoredJobDefinition } from '@phi/core';

const HOUR_SECONDS = 3600;
/** What divides an hour into whole minutes: the periods that cron has at its disposal, in seconds. */
const PERIODS = [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60].map((minutes) => minutes * 60);

/**
 * Jobs whose schedules fire a number of times a second together, give or take one: each fires at one second of its
 * period, and the seconds of a period are dealt out in turn. Two neighbouring periods give the mean that is needed.
 *
 * @param perSecond - from `count` / 3600 to `count` / 60
 */
export function scheduledJobs(count: number, perSecond: number): AuthoredJobDefinition[] {
  const mean = count / perSecond;
  const longer = PERIODS.find((period) => period >= mean) ?? HOUR_SECONDS;
  const shorter = PERIODS.findLast((period) => period < mean) ?? longer;
  const often =
    shorter === longer ? 0 : Math.round((perSecond - count / longer) / (1 / shorter - 1 / longer));
  return Array.from({ length: count }, (_, index) => {
    const period = index < often ? shorter : longer;
    return scheduledJob(index, period, (index < often ? index : index - often) % period);
  });
}

function scheduledJob(index: number, period: number, second: number): AuthoredJobDefinition {
  const minutes = `${String(Math.floor(second / 60))}-59/${String(period / 60)}`;
  return {
    job_id: `job-${String(index).padStart(6, '0')}`,
    job_type: 'COMPOSITE',
    pipeline_modules: ['NOTHING'],
    schedule: { schedule_type: 'CRON', cron_expression: `${String(second % 60)} ${minutes} * * * *` },
  };
}
