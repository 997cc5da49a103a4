import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { TickAnswer } from './fixture/api-client.js';
import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

/** Seconds on which each schedule fires, as the fields of a clock in UTC have it. */
const SCHEDULES = [
  { job_id: 'each-second', schedule: cron('* * * * * *'), fires: () => true },
  {
    job_id: 'each-other-second',
    schedule: cron('1/2 * * * * *'),
    fires: (at: Date) => at.getUTCSeconds() % 2 === 1,
  },
  {
    job_id: 'thirds-of-a-minute',
    schedule: cron('3-59/4,0,30 * * * * *'),
    fires: (at: Date) => (at.getUTCSeconds() + 1) % 4 === 0 || at.getUTCSeconds() % 30 === 0,
  },
  {
    job_id: 'every-three-seconds',
    schedule: { schedule_type: 'INTERVAL', interval_seconds: 3, start_date: '2026-01-01' },
    fires: (at: Date) => (at.getTime() - Date.parse('2026-01-01T00:00:00Z')) % 3000 === 0,
  },
] as const;

/** How long each phase of the test lasts, in fire times of the schedule that fires each second. */
const PHASE = 5;

let phi: Phi;

function cron(cron_expression: string): object {
  return { schedule_type: 'CRON', cron_expression, timezone: 'UTC' };
}

beforeEach(async () => {
  phi = await Phi.start({ schedulers: 2, executors: 1, env: { PHI_HANDLERS: handlers('BRIEF') } });
});
afterEach(async () => {
  await phi.stop();
});

/** Waits until so many more seconds have fired. @returns the last of them */
const untilFired = async (seconds: number): Promise<number> => {
  const read = (): Promise<readonly TickAnswer[]> => phi.api.ticks('each-second.schedule');
  const before = (await read()).length;
  const ticks = await phi.api.until(
    `${String(seconds)} more`,
    read,
    ({ length }) => length >= before + seconds,
  );
  return Date.parse(ticks[0]?.nominal_time ?? '');
};

/** The times between two instants, both included, on which a schedule fires. */
const expectedTimes = (fires: (at: Date) => boolean, from: number, to: number): string[] => {
  const times: string[] = [];
  for (let at = from; at <= to; at += 1000) if (fires(new Date(at))) times.push(new Date(at).toISOString());
  return times;
};

/** The fire time that a job's schedule waits for. */
const nextTime = async (jobId: string): Promise<number> => {
  const job = await phi.api.get<{ schedule: { next_time: string } }>(`/v1/jobs/${jobId}`);
  return Date.parse(job.schedule.next_time);
};

const sorted = (times: readonly string[]): string[] => [...times].toSorted();

it('two schedulers fire each time once, also while one is killed and starts again', async () => {
  const before = Date.now();
  await phi.api.apply({
    jobs: SCHEDULES.map(({ job_id, schedule }) => ({
      job_id,
      name: job_id,
      job_type: 'COMPOSITE',
      pipeline_modules: ['BRIEF'],
      schedule,
    })),
  });
  const after = Date.now();
  const [first, second] = phi.schedulers;
  await untilFired(PHASE);
  first?.signal('SIGKILL');
  await first?.ended;
  await untilFired(PHASE);
  await phi.startScheduler();
  await untilFired(PHASE);
  second?.signal('SIGKILL');
  await second?.ended;
  const end = await untilFired(PHASE);

  for (const { job_id, fires } of SCHEDULES) {
    await phi.api.until(
      `${job_id} to get beyond ${String(end)}`,
      () => nextTime(job_id),
      (next) => next > end,
    );
    const within = (time: string): boolean => Date.parse(time) >= after && Date.parse(time) <= end;
    const ticks = (await phi.api.ticks(`${job_id}.schedule`)).filter(({ nominal_time }) =>
      within(nominal_time),
    );
    const ticked = sorted(ticks.map(({ nominal_time }) => nominal_time));
    expect(ticked).toEqual(expectedTimes(fires, Math.ceil(after / 1000) * 1000, end));
    for (const { outcome } of ticks) expect(['FIRED', 'LATE']).toContain(outcome);

    const all = await phi.api.executionsOf(job_id);
    for (const { scheduled_time } of all) expect(Date.parse(scheduled_time)).toBeGreaterThan(before);
    const executions = all.filter(({ scheduled_time }) => within(scheduled_time));
    expect(sorted(executions.map(({ scheduled_time }) => scheduled_time))).toEqual(ticked);
    const idAt = new Map(
      executions.map(({ scheduled_time, execution_id }) => [scheduled_time, execution_id]),
    );
    for (const { nominal_time, execution_id } of ticks) expect(execution_id).toBe(idAt.get(nominal_time));
  }
});
