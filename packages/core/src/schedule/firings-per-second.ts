import { DAY_SECONDS } from '../cron/civil-time.js';
import { matchingDayShare } from '../cron/matching-day-share.js';
import { intervalMs } from './next-fire-time.js';
import { scheduleCron } from './schedule-cron.js';
import type { ScheduleTiming } from './schedule-timing.js';

/**
 * How often a schedule asks to fire, in firings a second: the average over the time in which it is active, by which
 * registration refuses more than a limit (design: Schedules).
 *
 * ONCE asks for nothing that lasts: 0. CRON counts the times of a day and the days that match, on a calendar without
 * daylight saving, which moves, drops or doubles a few of them a year.
 *
 * @throws PhiError SCHED_001_INVALID_CRON or SCHED_006_EVALUATION_FAILED for a schedule that registration would refuse
 */
export function firingsPerSecond(schedule: ScheduleTiming): number {
  switch (schedule.schedule_type) {
    case 'CRON': {
      const cron = scheduleCron(schedule);
      const timesADay = cron.seconds.length * cron.minutes.length * cron.hours.length;
      return (timesADay * matchingDayShare(cron)) / DAY_SECONDS;
    }
    case 'INTERVAL':
      return 1000 / intervalMs(schedule);
    case 'ONCE':
      return 0;
  }
}
