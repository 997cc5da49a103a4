import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { gatedJob } from './fixture/gated-job.js';
import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';
import { StoreWatch } from './fixture/store-watch.js';

/** How long it goes on, in fire times of a schedule that fires each second: each sweep of recovery looks at least once. */
const SECONDS = 15;
const LEAVES = 12;
const EVENTS = 8;
const DRAINED_WITHIN_MS = 180_000;

let phi: Phi;
let watch: StoreWatch;

beforeEach(async () => {
  phi = await Phi.start({
    schedulers: 2,
    recoveries: 2,
    env: {
      PHI_HANDLERS: handlers('BRIEF', 'FLAKY', 'GATED'),
      EXECUTOR_PARALLELISM: '3',
      // A lease that runs out on a machine in trouble is no steady state.
      EXECUTOR_HEARTBEAT_INTERVAL_SECONDS: '30',
    },
  });
  watch = new StoreWatch(phi.redis.url, 'e2e');
});
afterEach(async () => {
  watch.close();
  await phi.stop();
});

const job = (job_id: string, more: object = {}): object => ({
  job_id,
  job_type: 'COMPOSITE',
  pipeline_modules: ['BRIEF'],
  ...more,
});

const after = (...jobs: readonly string[]): object => ({
  dependencies: jobs.map((upstream_job_id) => ({ upstream_job_id })),
});

const flaky = (job_id: string, parameters: object): object =>
  job(job_id, {
    pipeline_modules: ['FLAKY'],
    parameters: { FLAKY: parameters },
    retry_policy: { max_attempts: 3, initial_delay_seconds: 1 },
  });

const onEvents = (job_id: string, trigger: object, more: object = {}): object =>
  job(job_id, { triggers: [{ trigger_type: 'API_CALL', source: 'shop', ...trigger }], ...more });

const leaves = Array.from({ length: LEAVES }, (_, index) => `leaf-${String(index)}`);
const everySecond = { schedule: { schedule_type: 'CRON', cron_expression: '* * * * * *', timezone: 'UTC' } };
const narrow = { resources: { resource_pool: 'narrow', cpu_cores: 0.1 } };

const applyJobs = (): Promise<void> =>
  phi.api.apply({
    pools: [{ name: 'narrow', pool_concurrency_limit: 2 }],
    jobs: [
      job('extract'),
      job('transform', after('extract')),
      job('load', after('transform')),
      job('root', narrow),
      ...leaves.map((leaf) => job(leaf, { ...after('root'), ...narrow })),
      job('join', after(...leaves)),
      flaky('passing', { code: 'EXEC_018_CONNECTION_FAILED', succeeds_at: 2 }),
      job('after-passing', after('passing')),
      flaky('lasting', { code: 'EXEC_020_PERMISSION_DENIED' }),
      job('after-lasting', after('lasting')),
      gatedJob('cancelled'),
      job('timed', everySecond),
      job('timed-in-turn', { ...everySecond, concurrency: { queue_if_running: true } }),
      onEvents('each', {}),
      onEvents('batches', { batch_window_seconds: 1 }),
      onEvents('debounces', { debounce_seconds: 1 }, { concurrency: { skip_if_running: true } }),
    ],
  });

const sendEvents = (round: number): Promise<unknown> =>
  Promise.all(
    Array.from({ length: EVENTS }, (_, index) =>
      phi.api.post('/v1/events', {
        specversion: '1.0',
        id: `${String(round)}-${String(index)}`,
        source: 'shop',
        type: 'order.placed',
      }),
    ),
  );

/** Cancels a run while its first job runs. */
async function cancelOne(): Promise<string> {
  const run = await phi.api.trigger('cancelled', { parameters: { GATED: { gate: 'never-opened' } } });
  const running = await phi.api.running(run, 'cancelled');
  await phi.api.post(`/v1/executions/${running.execution_id}/cancel`, { reason: 'as asked' });
  return run;
}

/** One of everything. @returns the runs that it started */
async function startAll(round: number): Promise<readonly string[]> {
  const jobs = ['extract', 'extract', 'root', 'passing', 'lasting'];
  const [cancelled, triggered] = await Promise.all([
    cancelOne(),
    Promise.all(jobs.map((started) => phi.api.trigger(started))),
    sendEvents(round),
  ]);
  return [cancelled, ...triggered];
}

it('nothing is found, and nothing had to be repaired, while everything runs and afterwards', async () => {
  await applyJobs();
  const fired = async (): Promise<number> => (await phi.api.ticks('timed.schedule')).length;
  const runs: string[] = [];
  const found: object[] = [];
  const look = async (): Promise<void> => {
    // A machine in trouble answers "later".
    const { findings } = await phi.api.until(
      'an answer',
      () => phi.api.fsck(),
      () => true,
    );
    found.push(...findings);
  };
  const lookWhileOpen = async (): Promise<number> => {
    await look();
    return watch.open();
  };
  for (let round = 0; (await fired()) < SECONDS; round++) {
    const [started] = await Promise.all([startAll(round), look()]);
    runs.push(...started);
  }
  for (const scheduled of ['timed', 'timed-in-turn'])
    await phi.api.post(`/v1/schedules/${scheduled}.schedule/pause`, {});
  await phi.api.until('everything to end', lookWhileOpen, (open) => open === 0, DRAINED_WITHIN_MS);
  const ended = await Promise.all(runs.map((run) => phi.api.run(run)));

  expect(found).toEqual([]);
  const { findings, checked } = await phi.api.fsck();
  expect(findings).toEqual([]);
  expect(checked).toBeGreaterThan(runs.length * LEAVES);
  expect((await phi.api.health()).integrity_status).toBe('HEALTHY');
  expect(new Set(ended.map(({ status }) => status))).toEqual(new Set(['succeeded', 'failed', 'cancelled']));
});
