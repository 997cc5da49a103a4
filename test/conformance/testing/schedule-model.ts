import { WEEKDAYS, type AuthoredJobDefinition, type Pause, type TickOutcome } from '@phi/core';

/**
 * What fire times come to, said once more and naively: every second is asked whether it is one, and the rules of the
 * specification are applied to each. Nothing here comes from the engine. Instants in epoch milliseconds.
 */

/** When these stories begin: a midnight in UTC. */
export const BEGINNING = Date.UTC(2030, 0, 1);

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

interface ModelTiming {
  readonly schedule: Omit<NonNullable<AuthoredJobDefinition['schedule']>, 'schedule_id'>;
  /** The fire times in (after, until]. @param anchor - when it came into force */
  readonly times: (after: number, until: number, anchor: number) => number[];
}

/** A cron expression with a test for the seconds of the day on which it fires. */
function cron(cron_expression: string, fires: (second: number) => boolean): ModelTiming {
  return {
    schedule: { schedule_type: 'CRON', cron_expression, timezone: 'UTC' },
    times(after, until) {
      const found: number[] = [];
      for (let at = (Math.floor(after / SECOND) + 1) * SECOND; at <= until; at += SECOND) {
        if (fires((at % DAY) / SECOND)) found.push(at);
      }
      return found;
    },
  };
}

function interval(seconds: number, start_date?: string, end_date?: string): ModelTiming {
  const start = start_date === undefined ? undefined : Date.parse(start_date);
  const end = end_date === undefined ? Infinity : Date.parse(end_date) + DAY;
  const step = seconds * SECOND;
  return {
    schedule: {
      schedule_type: 'INTERVAL',
      interval_seconds: seconds,
      timezone: 'UTC',
      ...(start_date === undefined ? {} : { start_date }),
      ...(end_date === undefined ? {} : { end_date }),
    },
    times(after, until, anchor) {
      const found: number[] = [];
      const first = start ?? anchor + step;
      const skipped = Math.max(0, Math.floor((after - first) / step) + 1);
      for (let at = first + skipped * step; at <= until && at < end; at += step) found.push(at);
      return found;
    },
  };
}

function once(at: number): ModelTiming {
  return {
    schedule: { schedule_type: 'ONCE', run_at: new Date(at).toISOString(), timezone: 'UTC' },
    times: (after, until) => (after < at && at <= until ? [at] : []),
  };
}

const TIMINGS = {
  'each four seconds': cron('*/4 * * * * *', (second) => second % 4 === 0),
  'each ten seconds': cron('0/10 * * * * *', (second) => second % 10 === 0),
  'some seconds': cron('5,35 */2 * * * *', (second) => [5, 35].includes(second % 120)),
  hourly: cron('0 0 * * * *', (second) => second % 3600 === 0),
  'twice a day': cron('15 10 6,18 * * *', (second) => [6, 18].some((hour) => second === hour * 3600 + 615)),
  'seven seconds': interval(7),
  'a minute from a date': interval(60, '2029-12-31'),
  'ten minutes until a date': interval(600, undefined, '2030-01-02'),
  once: once(BEGINNING + 90 * MINUTE),
} as const;
type TimingName = keyof typeof TIMINGS;
export const TIMING_NAMES = Object.keys(TIMINGS) as readonly TimingName[];

/** Rules of a job that decide what its fire times come to. */
interface ModelPolicy {
  readonly tolerance_seconds: number;
  readonly catchup: number | undefined;
  readonly while_running: 'RUN' | 'SKIP' | 'QUEUE';
  /** Outside 06:00 to 18:00 UTC. */
  readonly windows: 'NONE' | 'SKIP' | 'HOLD';
}

export interface ModelJob {
  readonly timing: TimingName;
  readonly policy: ModelPolicy;
}

const WINDOW = { start: '06:00', end: '18:00', days: [...WEEKDAYS] };

/** A job of the model as its author would write it. */
export function authored({ timing, policy }: ModelJob): Partial<Omit<AuthoredJobDefinition, 'dependencies'>> {
  return {
    schedule: {
      ...TIMINGS[timing].schedule,
      tolerance_seconds: policy.tolerance_seconds,
      catchup_enabled: policy.catchup !== undefined,
      max_catchup_runs: policy.catchup ?? 0,
      skip_if_running: policy.while_running === 'SKIP',
      queue_if_running: policy.while_running === 'QUEUE',
    },
    ...(policy.windows === 'NONE'
      ? {}
      : {
          execution_windows: [WINDOW],
          execution_window_timezone: 'UTC',
          skip_outside_window: policy.windows === 'SKIP',
        }),
  };
}

/** The fire times of a job in (after, until]. @param anchor - when its configuration came into force */
export function timesOf({ timing }: ModelJob, after: number, until: number, anchor: number): number[] {
  return TIMINGS[timing].times(after, until, anchor);
}

export interface Circumstances {
  readonly now: number;
  readonly pauses: readonly Pause[];
}

/** What each of the fire times that are due would come to, if nothing else of the job were open and the queue had room. */
export function outcomesOf(
  { policy }: ModelJob,
  times: readonly number[],
  { now, pauses }: Circumstances,
): TickOutcome[] {
  const outcomes = times.map((time): TickOutcome => {
    if (pauses.some(({ from_ms, until_ms = Infinity }) => from_ms <= time && time < until_ms))
      return 'SKIPPED_PAUSED';
    if (isShut(policy, time)) return 'SKIPPED_WINDOW';
    const late = now - time;
    if (late > policy.tolerance_seconds * SECOND && late >= SECOND) return 'MISSED';
    if (isShut(policy, now)) return 'SKIPPED_WINDOW';
    return late < SECOND ? 'FIRED' : 'LATE';
  });
  const missed = outcomes.flatMap((outcome, index) => (outcome === 'MISSED' ? [index] : []));
  const caughtUp = policy.catchup === undefined ? 0 : policy.catchup;
  for (const index of missed.slice(missed.length - Math.min(caughtUp, missed.length))) {
    outcomes[index] = isShut(policy, now) ? 'SKIPPED_WINDOW' : 'CAUGHT_UP';
  }
  return outcomes;
}

function isShut({ windows }: ModelPolicy, instant: number): boolean {
  const hour = Math.floor((instant % DAY) / HOUR);
  return windows === 'SKIP' && (hour < 6 || hour >= 18);
}
