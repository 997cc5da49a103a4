import { row } from './row.js';

/** What can go wrong with a schedule (specification: Scheduling Errors). */
export const SCHEDULING_CODES = {
  SCHED_001_INVALID_CRON: row(
    'SCHEDULING',
    'PERMANENT',
    'The cron expression cannot be read.',
    'Correct the field that the message names; `phi preview` shows the times of an expression.',
  ),
  SCHED_002_INVALID_TIMEZONE: row(
    'SCHEDULING',
    'PERMANENT',
    'The time zone is not known.',
    'Use an IANA name such as Europe/Berlin; if it is a new one, update Node.js.',
  ),
  SCHED_003_SCHEDULE_CONFLICT: row(
    'SCHEDULING',
    'PERMANENT',
    'The schedule contradicts itself or another one.',
    'Give each schedule an id of its own and the one field that its type needs.',
  ),
  SCHED_004_INVALID_TRIGGER: row(
    'SCHEDULING',
    'PERMANENT',
    'A trigger is configured wrongly.',
    'Correct the field that the message names.',
  ),
  SCHED_005_TOO_FREQUENT: row(
    'SCHEDULING',
    'PERMANENT',
    'The schedules together fire more often than the limit allows.',
    'Make the schedules named sparser, or raise SCHEDULER_MAX_FIRINGS_PER_SECOND.',
  ),
  SCHED_006_EVALUATION_FAILED: row(
    'SCHEDULING',
    'PERMANENT',
    'The next time of a schedule could not be computed; the schedule is marked invalid.',
    'Look at its configuration in the entry, correct it and apply it again.',
  ),
  SCHED_007_SCHEDULER_STOPPED: row(
    'SCHEDULING',
    null,
    'The schedule was changed while SCHEDULER_ENABLED was false, so that this fire time could not wait.',
    'Nothing; trigger the job by hand if it has to run.',
  ),
  SCHED_008_EVENT_REJECTED: row(
    'SCHEDULING',
    'PERMANENT',
    'What came from a stream can be no event; it was left out.',
    'Correct whoever writes to the stream: the message has the entry and what is wrong with it.',
  ),
} as const;
