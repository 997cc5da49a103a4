import * as z from 'zod';
import { GAP_CHOICES, OVERLAP_CHOICES, parseCron } from '../cron/index.js';
import { authored } from './authored.js';
import {
  calendarDate,
  dateTime,
  DAY_SECONDS,
  derivedIdentifier,
  seconds,
  text,
  timezone,
} from './field-types.js';

export const SCHEDULE_TYPES = ['CRON', 'INTERVAL', 'ONCE'] as const;
export type ScheduleType = (typeof SCHEDULE_TYPES)[number];

const dstSchema = z.strictObject({
  gap: z
    .enum(GAP_CHOICES)
    .nullish()
    .describe('A time in a spring gap runs at the first instant after it, or not at all.'),
  overlap: z
    .enum(OVERLAP_CHOICES)
    .nullish()
    .describe('Which of the two passes of a repeated autumn hour a time runs in.'),
});

const scheduleFields = {
  schedule_id: derivedIdentifier.describe('Unique schedule identifier. Default: <job_id>.schedule.'),
  schedule_type: z.enum(SCHEDULE_TYPES).describe('What kind of schedule this is: CRON, INTERVAL or ONCE.'),
  cron_expression: text(1024)
    .nullable()
    .describe('Cron syntax with five or six fields, seconds first (for CRON type).'),
  interval_seconds: seconds(1, 366 * DAY_SECONDS)
    .nullable()
    .describe('Interval in seconds, counted from start_date (for INTERVAL type).'),
  run_at: dateTime.nullable().describe('Specific time (for ONCE type).'),
  timezone: timezone.describe('Schedule timezone, an IANA name. Default: SCHEDULER_TIMEZONE_DEFAULT.'),
  start_date: calendarDate.nullable().describe('Schedule activation date, in the schedule timezone.'),
  end_date: calendarDate
    .nullable()
    .describe('Schedule expiration date, inclusive, in the schedule timezone (optional).'),
  skip_if_running: z.boolean().describe('Skip if previous still running (Rule 3). Default: false.'),
  queue_if_running: z
    .boolean()
    .describe('Queue behind the previous run instead of skipping (Rule 3). Default: false.'),
  catchup_enabled: z.boolean().describe('Execute missed runs on startup (Rule 4). Default: false.'),
  max_catchup_runs: z
    .int()
    .min(0)
    .max(100)
    .describe('At most so many missed runs, the latest (Rule 4). Default: SCHEDULER_CATCHUP_LIMIT.'),
  tolerance_seconds: seconds(0, DAY_SECONDS).describe(
    'Accept triggers up to so many seconds late (Rule 1). Default: 60.',
  ),
  dst: dstSchema
    .nullable()
    .describe('What daylight saving does to the schedule, where the default of Vixie cron does not suit.'),
};

type ScheduleShape = { schedule_type: ScheduleType } & {
  [Key in TypeField | 'start_date' | 'end_date']?: unknown;
};
type TypeField = 'cron_expression' | 'interval_seconds' | 'run_at';

const FIELD_OF_TYPE: Record<ScheduleType, TypeField> = {
  CRON: 'cron_expression',
  INTERVAL: 'interval_seconds',
  ONCE: 'run_at',
};

const ACCEPTED: Record<TypeField, string> = {
  cron_expression: 'a cron expression of five or six fields, such as "0 */15 * * * *"',
  interval_seconds: 'whole seconds from 1',
  run_at: 'a date and time such as 2026-03-08T07:00:00Z',
};

/** Defines job scheduling configuration (specification: Schedule), everything filled in. */
export const scheduleSchema = z.strictObject(scheduleFields).superRefine(checkSchedule);
export type Schedule = z.infer<typeof scheduleSchema>;

/** A Schedule as its author writes it. */
export const authoredScheduleSchema = authored(scheduleFields, ['schedule_type']).superRefine(checkSchedule);
export type AuthoredSchedule = z.infer<typeof authoredScheduleSchema>;

function checkSchedule(schedule: ScheduleShape, context: z.RefinementCtx): void {
  const needed = FIELD_OF_TYPE[schedule.schedule_type];
  for (const field of Object.values(FIELD_OF_TYPE)) {
    const given = schedule[field] !== undefined && schedule[field] !== null;
    if (field === needed && !given) {
      refuse(context, field, `is required with schedule_type ${schedule.schedule_type}`, ACCEPTED[field]);
    }
    if (field !== needed && given) {
      refuse(context, field, `does not go with schedule_type ${schedule.schedule_type}`, `${needed} alone`);
    }
  }
  const { start_date, end_date, cron_expression } = schedule;
  if (typeof start_date === 'string' && typeof end_date === 'string' && end_date < start_date) {
    refuse(context, 'end_date', 'is before start_date', `${start_date} or a later date`);
  }
  if (schedule.schedule_type === 'CRON' && typeof cron_expression === 'string')
    checkCron(cron_expression, context);
}

function checkCron(cronExpression: string, context: z.RefinementCtx): void {
  const parsed = parseCron(cronExpression);
  if (!parsed.ok) refuse(context, 'cron_expression', `${parsed.field}: ${parsed.reason}`, parsed.accepted);
}

function refuse(context: z.RefinementCtx, field: string, message: string, accepted: string): void {
  context.addIssue({ code: 'custom', path: [field], message, params: { accepted } });
}
