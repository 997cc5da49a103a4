import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';
import { randomNumbers } from './fixture/random-numbers.js';

const SEED = Number(process.env['PHI_SEED'] ?? Date.now() % 1_000_000);
/** How long schedulers are killed, and how often at least. */
const SECONDS = Number(process.env['PHI_KILL_SECONDS'] ?? 60);
const KILLS = Math.ceil(SECONDS / 10);
const PAUSE_AT_MOST_MS = 4000;

const STARTED = ['FIRED', 'LATE', 'CAUGHT_UP'];

interface Case {
  readonly job_id: string;
  readonly module: 'BRIEF' | 'LINGERING';
  readonly schedule: object;
  readonly fires: (second: number) => boolean;
  /** Its executions never overlap. */
  readonly alone: boolean;
}

const everySecond = { schedule_type: 'CRON', cron_expression: '* * * * * *' };
const everyOther = { schedule_type: 'CRON', cron_expression: '*/2 * * * * *' };

const CASES: readonly Case[] = [
  { job_id: 'plain', module: 'BRIEF', schedule: everySecond, fires: () => true, alone: false },
  {
    job_id: 'thirds',
    module: 'BRIEF',
    schedule: { schedule_type: 'INTERVAL', interval_seconds: 3, start_date: '2026-01-01' },
    fires: (second) => second % 3 === 0,
    alone: false,
  },
  {
    job_id: 'skips',
    module: 'LINGERING',
    schedule: { ...everyOther, skip_if_running: true },
    fires: (second) => second % 2 === 0,
    alone: true,
  },
  {
    job_id: 'queues',
    module: 'LINGERING',
    schedule: { schedule_type: 'CRON', cron_expression: '*/4 * * * * *', queue_if_running: true },
    fires: (second) => second % 4 === 0,
    alone: true,
  },
  {
    job_id: 'catches-up',
    module: 'BRIEF',
    schedule: { ...everySecond, tolerance_seconds: 0, catchup_enabled: true, max_catchup_runs: 10 },
    fires: () => true,
    alone: false,
  },
];

let phi: Phi;

beforeEach(async () => {
  phi = await Phi.start({
    schedulers: 2,
    executors: 1,
    env: { PHI_HANDLERS: handlers('BRIEF', 'LINGERING'), SCHEDULER_LOCK_ENABLED: 'false' },
  });
});
afterEach(async () => {
  await phi.stop();
});

async function killSchedulersUntil(end: number, random: () => number): Promise<void> {
  for (let killed = 0; Date.now() < end || killed < KILLS; killed++) {
    await new Promise((resolve) => setTimeout(resolve, 500 + random() * PAUSE_AT_MOST_MS));
    const alive = phi.schedulers.filter((scheduler) => phi.running.includes(scheduler));
    const victim = alive[Math.floor(random() * alive.length)];
    victim?.signal('SIGKILL');
    await victim?.ended;
    await phi.startScheduler();
  }
}

/** The seconds from one instant to another, both excluded, at which a case fires. */
function secondsOf({ fires }: Case, from: number, to: number): string[] {
  const times: string[] = [];
  for (let second = Math.ceil((from + 1) / 1000); second * 1000 < to; second++)
    if (fires(second)) times.push(new Date(second * 1000).toISOString());
  return times;
}

it(`settles every nominal time once while schedulers without a lock are killed for ${String(SECONDS)} s (seed ${String(SEED)})`, async () => {
  const random = randomNumbers(SEED);
  await phi.api.apply({
    jobs: CASES.map(({ job_id, module, schedule }) => ({
      job_id,
      job_type: 'COMPOSITE',
      pipeline_modules: [module],
      schedule,
    })),
  });
  const applied = Date.now();
  await killSchedulersUntil(applied + SECONDS * 1000, random);
  const end = Date.now();
  for (const entry of CASES) {
    const expected = secondsOf(entry, applied, end);
    const ticks = await phi.api.until(
      `${entry.job_id} to settle ${String(expected.at(-1))}`,
      () => phi.api.allTicks(`${entry.job_id}.schedule`),
      (found) => found.some(({ nominal_time }) => nominal_time >= (expected.at(-1) ?? '')),
    );
    const within = (time: string): boolean => time >= (expected[0] ?? '') && time <= (expected.at(-1) ?? '');
    const settled = ticks.filter(({ nominal_time, outcome }) => within(nominal_time) && outcome !== 'HELD');
    expect(settled.map(({ nominal_time }) => nominal_time).toReversed()).toEqual(expected);

    const executions = await phi.api.executionsOf(entry.job_id);
    const started = settled.filter(({ outcome }) => STARTED.includes(outcome));
    const scheduled = executions.filter(({ scheduled_time }) => within(scheduled_time));
    expect(new Set(scheduled.map(({ execution_id }) => execution_id))).toEqual(
      new Set(started.map(({ execution_id }) => execution_id)),
    );
    expect(scheduled).toHaveLength(started.length);
    const outcomes = new Set(settled.map(({ outcome }) => outcome));
    expect([...outcomes].filter((outcome) => !allowed(entry).includes(outcome))).toEqual([]);
    if (entry.alone) expectNoOverlap(executions);
  }
  await phi.api.until(
    'nothing to be late or amiss',
    () => phi.api.health(),
    ({ scheduler_status }) => scheduler_status === 'HEALTHY',
  );
});

function allowed({ job_id }: Case): readonly string[] {
  if (job_id === 'skips') return ['FIRED', 'LATE', 'SKIPPED_RUNNING'];
  return job_id === 'catches-up' ? ['FIRED', 'CAUGHT_UP', 'MISSED'] : ['FIRED', 'LATE'];
}

function expectNoOverlap(
  executions: readonly { readonly started_time: string | null; readonly completed_time: string | null }[],
): void {
  const runs = executions
    .flatMap(({ started_time, completed_time }) =>
      started_time === null ? [] : [{ from: started_time, to: completed_time ?? '9' }],
    )
    .toSorted((a, b) => (a.from < b.from ? -1 : 1));
  expect(runs.length).toBeGreaterThan(3);
  for (const [at, { from }] of runs.entries()) {
    const before = runs[at - 1];
    if (before !== undefined) expect(from >= before.to).toBe(true);
  }
}
