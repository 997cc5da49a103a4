import { cronScheduleEvaluation } from '../rules/01-cron-schedule-evaluation.js';
import type { Entry, TraceFacts } from './trace-facts.js';

/** Whether it was due: by its schedule, or at the end of its backoff (specification: Rules 1, 4, 8 and 9). */
export function traceSchedule(facts: TraceFacts): Entry[] {
  const { record } = facts;
  if (record.reason === 'SKIP_004_JOB_DISABLED')
    return [{ rule: null, verdict: 'SKIP', time: record.completed_time, because: 'its job is not enabled' }];
  if (record.attempt_number > 1) return traceBackoff(facts);
  if (record.trigger_type !== 'SCHEDULED')
    return [
      { rule: null, verdict: 'PASS', time: record.created_time, because: STARTED_BY[record.trigger_type] },
    ];
  return [traceFireTime(facts)];
}

const STARTED_BY = {
  MANUAL: 'started by hand',
  DEPENDENCY: 'started by what it depends on',
  EVENT: 'started by an event',
} as const;

function traceBackoff({ record }: TraceFacts): Entry[] {
  const { not_before, queued_time, parent_execution_id = '' } = record;
  if (queued_time === undefined && record.decided === undefined) return [];
  const inputs = { first_attempt: parent_execution_id, not_before: isoOf(not_before) };
  const because = 'a retry, and its delay was over';
  return [{ rule: 8, verdict: 'PASS', time: record.decided?.[0]?.time ?? queued_time, because, inputs }];
}

function isoOf(instantMs: number | undefined): string | null {
  return instantMs === undefined ? null : new Date(instantMs).toISOString();
}

function traceFireTime({ record, definition }: TraceFacts): Entry {
  const { scheduled_time: nominal_ms, created_time: now_ms } = record;
  const tolerance_seconds = definition?.schedule?.tolerance_seconds;
  const inputs = {
    scheduled_time: isoOf(nominal_ms),
    late_seconds: Math.max(0, now_ms - nominal_ms) / 1000,
    ...(tolerance_seconds === undefined ? {} : { tolerance_seconds }),
  };
  const timeliness =
    tolerance_seconds === undefined
      ? 'FIRED'
      : cronScheduleEvaluation({ nominal_ms, now_ms, tolerance_seconds });
  if (timeliness === 'MISSED')
    return { rule: 4, verdict: 'PASS', time: now_ms, because: 'it was missed, and is caught up', inputs };
  const because = timeliness === 'LATE' ? 'it was due, and late within tolerance' : 'it was due';
  return { rule: 1, verdict: 'PASS', time: now_ms, because, inputs };
}
