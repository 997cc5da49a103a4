import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ProcessClock } from '@phi/testkit';

import { daily, hourly } from './expected/wall-clock-times.js';
import { describeWithFaketime } from './fixture/faketime.js';
import { Phi } from './fixture/phi.js';
import { RedisClock } from './fixture/redis-clock.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const WEEK_MS = 7 * DAY_MS;
/** Steps end between fire times, well off every one of them. */
const BETWEEN_MS = 17 * 60_000;
const TOLERANCE_SECONDS = 86_400;

interface ScheduleAnswer {
  readonly schedule_id: string;
  readonly next_time: string | null;
}

describeWithFaketime('services whose clock jumps', (library) => {
  let clock: ProcessClock;
  let redisClock: RedisClock;
  let phi: Phi;

  beforeEach(async () => {
    clock = await ProcessClock.create(library);
    phi = await Phi.start({
      schedulers: 2,
      executors: 0,
      clock,
      env: {
        SCHEDULER_POLL_INTERVAL_MS: '100',
        SCHEDULER_CATCHUP_LIMIT: '5',
        EXECUTOR_QUEUE_CAPACITY: '100000',
      },
    });
    redisClock = new RedisClock(phi.redis.url, 'e2e');
  });
  afterEach(async () => {
    redisClock.close();
    await phi.stop();
    await clock.remove();
  });

  const moveServices = (instant: number): Promise<void> => clock.set(instant - Date.now());
  const moveRedis = (instant: number): Promise<void> => redisClock.set(instant - Date.now());
  const moveBoth = async (instant: number): Promise<void> => {
    await moveServices(instant);
    await moveRedis(instant);
  };

  const apply = (schedules: Readonly<Record<string, object>>): Promise<void> =>
    phi.api.apply({
      jobs: Object.entries(schedules).map(([job_id, schedule]) => ({
        job_id,
        job_type: 'OUTPUT',
        pipeline_modules: ['GAMMA'],
        schedule,
      })),
    });

  /** Waits until every schedule stands beyond an instant. */
  const untilSettled = async (instant: number): Promise<void> => {
    const read = (): Promise<{ items: readonly ScheduleAnswer[] }> => phi.api.get('/v1/schedules?limit=100');
    const until = new Date(instant).toISOString();
    await phi.api.until(`all to stand beyond ${until}`, read, ({ items }) =>
      items.every(({ next_time }) => next_time !== null && next_time > until),
    );
  };

  /** The ledger of a job's schedule, the earliest first. */
  const ledger = async (job: string): Promise<{ time: number; outcome: string }[]> =>
    (await phi.api.allTicks(`${job}.schedule`))
      .map(({ nominal_time, outcome }) => ({ time: Date.parse(nominal_time), outcome }))
      .toReversed();

  /** Shows that schedulers go on: so many more fire times of a schedule that has one each second of the services' own time. */
  const untilBeaten = async (job: string, times: number): Promise<void> => {
    const read = (): Promise<{ length: number }> => ledger(job);
    const before = (await read()).length;
    await phi.api.until(`${job} to beat`, read, ({ length }) => length >= before + times);
  };

  it('go by Redis in everything: a day forward with catchup on and off, an hour back', async () => {
    const start = Math.floor(Date.now() / HOUR_MS) * HOUR_MS + DAY_MS + BETWEEN_MS;
    await moveBoth(start);
    const hourlyCron = { schedule_type: 'CRON', cron_expression: '0 0 * * * *', tolerance_seconds: 60 };
    await apply({
      off: hourlyCron,
      on: { ...hourlyCron, catchup_enabled: true, max_catchup_runs: 2 },
      limited: { ...hourlyCron, catchup_enabled: true, max_catchup_runs: 8 },
      pulse: { schedule_type: 'INTERVAL', interval_seconds: 1 },
    });
    await untilBeaten('pulse', 2);

    await moveServices(start + DAY_MS);
    await untilBeaten('pulse', 3);
    for (const job of ['off', 'on', 'limited']) expect(await ledger(job)).toEqual([]);

    await moveRedis(start + DAY_MS);
    await untilSettled(start + DAY_MS);
    const missed = hourly('UTC', start, start + DAY_MS);
    expect(missed).toHaveLength(24);
    const expected = (caughtUp: number): { time: number; outcome: string }[] =>
      missed.map((time, at) => ({
        time,
        outcome: at >= missed.length - caughtUp ? 'CAUGHT_UP' : 'MISSED',
      }));
    expect(await ledger('off')).toEqual(expected(0));
    expect(await ledger('on')).toEqual(expected(2));
    expect(await ledger('limited')).toEqual(expected(5));

    await moveBoth(start + DAY_MS - HOUR_MS);
    await apply({ later: { schedule_type: 'INTERVAL', interval_seconds: 1 } });
    await untilBeaten('later', 3);
    expect(await ledger('off')).toEqual(expected(0));
    expect(await phi.api.executionsOf('limited')).toHaveLength(5);

    await moveBoth(start + DAY_MS + HOUR_MS);
    await untilSettled(start + DAY_MS + HOUR_MS);
    const [last] = hourly('UTC', start + DAY_MS, start + DAY_MS + HOUR_MS);
    expect(await ledger('off')).toEqual([...expected(0), { time: last, outcome: 'MISSED' }]);
    const pulses = (await ledger('pulse')).map(({ time }) => time);
    expect(pulses).toEqual(pulses.map((_, at) => (pulses[0] ?? 0) + at * 1000));
  });

  it('have a year of daylight saving changes in the ledger as the wall clocks showed it', async () => {
    const year = new Date().getUTCFullYear() + 1;
    const start = Date.UTC(year, 0, 4) + BETWEEN_MS;
    const end = start + 52 * WEEK_MS;
    const vixie = { gap: 'AFTER', overlap: 'FIRST' } as const;
    const both = { gap: 'SKIP', overlap: 'BOTH' } as const;
    const cron = (cron_expression: string, timezone: string, more: object = {}): object => ({
      schedule_type: 'CRON',
      cron_expression,
      timezone,
      tolerance_seconds: TOLERANCE_SECONDS,
      ...more,
    });
    const span = [start, end] as const;
    const cases: Readonly<Record<string, readonly [object, readonly number[]]>> = {
      'new-york-0230': [
        cron('0 30 2 * * *', 'America/New_York'),
        daily('America/New_York', 150, vixie, span),
      ],
      'new-york-0130': [cron('0 30 1 * * *', 'America/New_York'), daily('America/New_York', 90, vixie, span)],
      'lord-howe-0215': [
        cron('15 2 * * *', 'Australia/Lord_Howe'),
        daily('Australia/Lord_Howe', 135, vixie, span),
      ],
      'berlin-0230': [
        cron('0 30 2 * * *', 'Europe/Berlin', { dst: both }),
        daily('Europe/Berlin', 150, both, span),
      ],
      'berlin-hourly': [cron('0 0 * * * *', 'Europe/Berlin'), hourly('Europe/Berlin', start, end)],
      'each-day': [
        {
          schedule_type: 'INTERVAL',
          interval_seconds: 86_400,
          start_date: `${String(year)}-01-01`,
          tolerance_seconds: TOLERANCE_SECONDS,
        },
        Array.from({ length: 364 }, (_, day) => Date.UTC(year, 0, 5 + day)),
      ],
    };
    await moveBoth(start);
    await apply(Object.fromEntries(Object.entries(cases).map(([job, [schedule]]) => [job, schedule])));
    for (let step = start + WEEK_MS; step <= end; step += WEEK_MS) {
      await moveBoth(step);
      await untilSettled(step);
    }
    /** Within tolerance of the end of its week it is late, before that it is missed. */
    const outcomeOf = (time: number): string =>
      (end - time) % WEEK_MS <= TOLERANCE_SECONDS * 1000 ? 'LATE' : 'MISSED';
    for (const [job, [, times]] of Object.entries(cases)) {
      const expected = times.map((time) => ({ time, outcome: outcomeOf(time) }));
      expect([job, await ledger(job)]).toEqual([job, expected]);
    }
  });
});
