import { deriveId, type Schedule } from '@phi/core';

/** Tells one timing of a schedule from another: only what fire times follow from. Whatever else changes, the schedule goes on. */
export function timingDigest({
  schedule_type,
  cron_expression,
  interval_seconds,
  run_at,
  timezone,
  start_date,
  end_date,
  dst,
}: Schedule): string {
  const timing = [
    schedule_type,
    cron_expression,
    interval_seconds,
    run_at,
    timezone,
    start_date,
    end_date,
    dst,
  ];
  return deriveId('schedule-timing', JSON.stringify(timing));
}
