/** What lateness alone makes of a fire time. */
export type Timeliness = 'FIRED' | 'LATE' | 'MISSED';

/** A schedule is exact to the second: less than one is not late. */
const ON_TIME_MS = 1_000;

export interface FireTimeFacts {
  /** Epoch milliseconds. */
  readonly nominal_ms: number;
  readonly now_ms: number;
  /** Up to so many seconds late a fire time still fires. */
  readonly tolerance_seconds: number;
}

/**
 * Whether a fire time that is due fires on time, late but within tolerance, or not any more (specification: Rule 1, Cron
 * Schedule Evaluation; for INTERVAL and ONCE alike).
 */
export function cronScheduleEvaluation({ nominal_ms, now_ms, tolerance_seconds }: FireTimeFacts): Timeliness {
  const late = now_ms - nominal_ms;
  if (late < ON_TIME_MS) return 'FIRED';
  return late <= tolerance_seconds * 1000 ? 'LATE' : 'MISSED';
}
