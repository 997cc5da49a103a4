import type { DstOverride } from '../cron/index.js';

/** What the times of a resolved Schedule depend on (specification: Schedule). What is missing may be null or left out. */
export interface ScheduleTiming {
  readonly schedule_type: 'CRON' | 'INTERVAL' | 'ONCE';
  readonly cron_expression?: string | null | undefined;
  readonly interval_seconds?: number | null | undefined;
  /** ISO 8601 with an offset. */
  readonly run_at?: string | null | undefined;
  /** IANA zone. */
  readonly timezone: string;
  /** YYYY-MM-DD in the schedule's zone: nothing fires before this day begins. */
  readonly start_date?: string | null | undefined;
  /** YYYY-MM-DD in the schedule's zone: the last day on which something fires. */
  readonly end_date?: string | null | undefined;
  readonly dst?: DstOverride | null | undefined;
}
