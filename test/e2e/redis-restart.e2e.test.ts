import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Execution } from '@phi/core';

import { sourceDirectory } from './expected/data-files.js';
import { expectedWeather } from './expected/expected-weather.js';
import { exampleJobs, laborious, named } from './fixture/example-jobs.js';
import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';
import { bodiesOf, familyOf } from './fixture/process-table.js';
import { sendSignal } from './fixture/send-signal.js';
import { expectWeather } from './fixture/written-files.js';

/** Work for BETA: seconds of it, so that it is found in the middle. */
const SIDE = 40_000;
/** Runs of a job that is ready to run while there is no room for it. */
const WAITING = 3;

let phi: Phi;

beforeEach(async () => {
  // One body at a time for each executor, so that there is work that waits.
  phi = await Phi.start({
    executors: 2,
    // Whoever tries again while Redis is away says so only there.
    env: { EXECUTOR_PARALLELISM: '1', PHI_HANDLERS: handlers('GATED'), PHI_LOG_LEVEL: 'debug' },
  });
});
afterEach(async () => {
  await phi.stop();
});

/** The weather pipeline as three jobs, BETA's with much to do, and one whose executions fill the queue. */
const applyJobs = async (): Promise<void> => {
  const report = named(await exampleJobs('weather.yaml'), 'weather-report');
  const { ALPHA, BETA, GAMMA } = report.parameters;
  const job = (job_id: string, job_type: string, module: string, parameters: object): object => ({
    job_id,
    name: job_id,
    job_type,
    pipeline_modules: [module],
    parameters: { [module]: parameters },
  });
  const after = (upstream_job_id: string): object => ({ dependencies: [{ upstream_job_id }] });
  const weather = { weather: { job: 'ingest', output: 'batch' } };
  await phi.api.apply({
    jobs: [
      job('ingest', 'INGESTION', 'ALPHA', { ...ALPHA }),
      {
        ...job('transform', 'TRANSFORMATION', 'BETA', { ...laborious(BETA, SIDE), inputs: weather }),
        ...after('ingest'),
      },
      {
        ...job('deliver', 'OUTPUT', 'GAMMA', { ...GAMMA, input: { job: 'transform', output: 'batch' } }),
        ...after('transform'),
      },
      job('meanwhile', 'COMPOSITE', 'GATED', { gate: 'meanwhile' }),
      { ...report, job_id: 'queued', parameters: { ...report.parameters, GAMMA: elsewhere(GAMMA) } },
    ],
  });
};

/** The same deliveries under other names: what one job delivers must not stand in for the other's. */
const elsewhere = (gamma: object | undefined): object => ({
  ...gamma,
  destinations: [{ name: 'csv', path: 'queued/by-month.csv' }],
});

it.each([
  { how: 'is stopped in order', away: () => phi.redis.shutdown() },
  { how: 'is killed', away: () => phi.redis.kill() },
])('no work is lost or repeated when Redis $how and comes back in the middle of BETA', async ({ away }) => {
  await applyJobs();
  const runId = await phi.api.trigger('ingest');
  const beta = await phi.api.running(runId, 'transform');
  // It outlasts the outage, however long that takes.
  const working = bodiesOf(await familyOf((await phi.holderOf(beta.execution_id)).pid));
  for (const { pid } of working) sendSignal(pid, 'SIGSTOP');
  const meanwhile = await phi.api.trigger('meanwhile');
  await phi.api.running(meanwhile, 'meanwhile');
  const other = await phi.holderOf(meanwhile);
  const queued = await Promise.all(Array.from({ length: WAITING }, () => phi.api.trigger('queued')));
  const services = phi.running.length;
  for (const id of queued) expect((await phi.api.execution(id)).status).toBe('QUEUED');

  await away();
  await Promise.all(phi.running.map(({ output }) => output.waitFor('connection to Redis lost')));
  // A body that ends while nobody can be told.
  await phi.openGate('meanwhile');
  await other.output.waitFor('no answer from Redis; trying again');
  await phi.redis.restart();
  const during = await phi.api.until(
    'the API to answer again',
    () => phi.api.execution(beta.execution_id),
    () => true,
  );
  // It began before the outage and goes on after it.
  expect([during.status, during.started_time]).toEqual(['RUNNING', beta.started_time]);
  for (const { pid } of working) sendSignal(pid, 'SIGCONT');

  const run = await phi.api.ended(runId);
  const others = await Promise.all([meanwhile, ...queued].map((id) => phi.api.ended(id)));

  expect(phi.running).toHaveLength(services);
  expect(run.executions.map(({ job_id }) => job_id)).toEqual(['ingest', 'transform', 'deliver']);
  for (const { status, executions } of [run, ...others]) {
    expect(status).toBe('succeeded');
    for (const execution of executions) await expectRanOnce(execution);
  }
  expect(others.map(({ executions }) => executions.length)).toEqual(others.map(() => 1));
  expect(await phi.api.executionsOf('queued')).toHaveLength(WAITING);
  await expectWeather(phi.outputDir, await expectedWeather(sourceDirectory()));
});

/** One attempt, claimed once and completed once; no slot of it is held any more. */
const expectRanOnce = async ({ execution_id, status, attempt_number }: Execution): Promise<void> => {
  expect([status, attempt_number]).toEqual(['COMPLETED', 1]);
  const { history } = await phi.api.execution(execution_id);
  for (const event of ['CLAIM', 'COMPLETE'])
    expect(history.filter((entry) => entry.event === event)).toHaveLength(1);
};
