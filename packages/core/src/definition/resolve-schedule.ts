import type { PhiConfig } from '../config/parameters.js';
import type { NamespaceDefaults } from '../schema/namespace-defaults.js';
import type { AuthoredSchedule, Schedule } from '../schema/schedule.js';
import { over } from './over.js';

const BUILT_IN = {
  cron_expression: null,
  interval_seconds: null,
  run_at: null,
  start_date: null,
  end_date: null,
  skip_if_running: false,
  queue_if_running: false,
  catchup_enabled: false,
  tolerance_seconds: 60,
  dst: null,
};

/** Fills in a schedule; `max_catchup_runs` never exceeds SCHEDULER_CATCHUP_LIMIT (specification: Schedule; Rules 1, 3 and 4). */
export function resolveSchedule(
  jobId: string,
  schedule: AuthoredSchedule,
  config: PhiConfig,
  defaults: NamespaceDefaults['schedule'],
): Schedule {
  const builtIn: Schedule = {
    ...BUILT_IN,
    schedule_id: `${jobId}.schedule`,
    schedule_type: schedule.schedule_type,
    timezone: config.SCHEDULER_TIMEZONE_DEFAULT,
    max_catchup_runs: config.SCHEDULER_CATCHUP_LIMIT,
  };
  const resolved = over(builtIn, defaults, schedule);
  return {
    ...resolved,
    max_catchup_runs: Math.min(resolved.max_catchup_runs, config.SCHEDULER_CATCHUP_LIMIT),
  };
}
