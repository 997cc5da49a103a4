interface Windowed {
  readonly execution_window_timezone: string | null;
  readonly schedule: { readonly timezone: string } | null;
}

/**
 * The zone whose wall clock the execution windows of a job follow: its own, or else its schedule's (specification: Rule 17).
 *
 * @param fallback - for a job that has neither: SCHEDULER_TIMEZONE_DEFAULT
 */
export function executionWindowTimezone(job: Windowed, fallback: string): string {
  return job.execution_window_timezone ?? job.schedule?.timezone ?? fallback;
}
