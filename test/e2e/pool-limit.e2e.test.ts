import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, expect, it } from '@jest/globals';

import type { ExecutionAnswer } from './fixture/api-client.js';
import { handlers } from './fixture/handlers.js';
import { notedBodies, type NotedBody } from './fixture/noted-bodies.js';
import { mostAtOnce, type Interval } from './fixture/overlaps.js';
import { Phi, SHORTEST_LEASE } from './fixture/phi.js';
import { randomNumbers } from './fixture/random-numbers.js';
import { StoreWatch } from './fixture/store-watch.js';

const SEED = Number(process.env['PHI_SEED'] ?? Date.now() % 1_000_000);
/** How long executors are killed. */
const SECONDS = Number(process.env['PHI_KILL_SECONDS'] ?? 60);
const EXECUTORS = 3;
const PLACES = 20;
const LIMIT = 7;

const TRIGGER_EVERY_MS = 150;
const KILL_AFTER_MS = { least: 3000, most: 8000 };
const BODY_MS = { least: 200, most: 1000 };
/** The leases of the last ones killed, the backlog, and the backoff of what fails. */
const DRAINED_WITHIN_MS = 120_000;

const NOTES = 'bodies';
const LOST = 'EXEC_012_EXECUTOR_LOST';
const UNMET = 'DEP_004_UPSTREAM_NOT_MET';
const PASSING = 'EXEC_018_CONNECTION_FAILED';
/** An attempt lost with its executor is repeated so often. */
const LOST_BUDGET = 3;

/** Four jobs in the narrow pool, one of them released by another, and one beside it. */
const POOLED = ['ingests', 'urgent', 'releases', 'released'];
const TRIGGERED = ['ingests', 'urgent', 'releases', 'outside'];
const JOBS = [...POOLED, 'outside'];

let phi: Phi;
let watch: StoreWatch;

beforeEach(async () => {
  phi = await Phi.start({
    executors: EXECUTORS,
    env: { ...SHORTEST_LEASE, EXECUTOR_PARALLELISM: String(PLACES), PHI_HANDLERS: handlers('NOTING') },
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
  pipeline_modules: ['NOTING'],
  parameters: { NOTING: { notes: NOTES, ms: BODY_MS.least } },
  resources: { resource_pool: 'narrow' },
  retry_policy: { max_attempts: 2, initial_delay_seconds: 1, jitter_factor: 0 },
  ...more,
});

const applyJobs = (): Promise<void> =>
  phi.api.apply({
    pools: [{ name: 'narrow', pool_concurrency_limit: LIMIT }],
    jobs: [
      job('ingests', { job_type: 'INGESTION' }),
      job('urgent', { resources: { resource_pool: 'narrow', priority: 10 } }),
      job('releases'),
      job('released', { dependencies: [{ upstream_job_id: 'releases' }] }),
      job('outside', { resources: {} }),
    ],
  });

const between = ({ least, most }: { least: number; most: number }, random: number): number =>
  Math.round(least + random * (most - least));

/** Fills the pool, then starts runs of all jobs in turn; one in ten fails once. @returns how many of each job */
async function triggerUntil(end: number, random: () => number): Promise<ReadonlyMap<string, number>> {
  const [filling = ''] = POOLED;
  const long = { parameters: { NOTING: { notes: NOTES, ms: BODY_MS.most } } };
  await Promise.all(Array.from({ length: 2 * LIMIT }, () => phi.api.trigger(filling, long)));
  const triggered = new Map([[filling, 2 * LIMIT]]);
  for (let turn = 0; performance.now() < end; turn++) {
    const jobId = TRIGGERED[turn % TRIGGERED.length] ?? '';
    const fails_until = random() < 0.1 ? 2 : 1;
    const NOTING = { notes: NOTES, ms: between(BODY_MS, random()), fails_until };
    await phi.api.trigger(jobId, { parameters: { NOTING } });
    triggered.set(jobId, (triggered.get(jobId) ?? 0) + 1);
    await pause(TRIGGER_EVERY_MS);
  }
  return triggered;
}

async function killExecutorsUntil(end: number, random: () => number): Promise<void> {
  while (performance.now() < end) {
    await pause(between(KILL_AFTER_MS, random()));
    const alive = phi.executors.filter((executor) => phi.running.includes(executor));
    const victim = alive[Math.floor(random() * alive.length)];
    victim?.signal('SIGKILL');
    await victim?.ended;
    await phi.startExecutor();
  }
}

/** An attempt with what both witnesses say of it. */
interface Attempt extends ExecutionAnswer {
  readonly body: NotedBody;
}

async function attemptsOf(jobId: string): Promise<Attempt[]> {
  const bodies = await notedBodies(phi, NOTES);
  const executions = await phi.api.executionsOf(jobId);
  return Promise.all(
    executions.map(async ({ execution_id }) => ({
      ...(await phi.api.execution(execution_id)),
      body: bodies.get(execution_id) ?? { starts: [], ends: [] },
    })),
  );
}

const isLost = ({ result }: Attempt): boolean => result?.error_code === LOST;

/** From its claim to its end, as the scripts that moved it wrote it down. */
function claimed({ history }: Attempt): Interval[] {
  const claim = history.find(({ event }) => event === 'CLAIM');
  return claim === undefined
    ? []
    : [{ from: Date.parse(claim.time), to: Date.parse(history.at(-1)?.time ?? '') }];
}

/** Of one that was not lost: exactly one body, which ran while the attempt was claimed. */
function noted(attempt: Attempt): Interval {
  const { starts, ends } = attempt.body;
  expect([starts, ends].map(({ length }) => length)).toEqual([1, 1]);
  const body = { from: starts[0] ?? Number.NaN, to: ends[0] ?? Number.NaN };
  const [claim] = claimed(attempt);
  expect(body.from).toBeGreaterThanOrEqual(claim?.from ?? Number.NaN);
  expect(body.to).toBeLessThanOrEqual(claim?.to ?? Number.NaN);
  return body;
}

/**
 * Every chain has its attempts in order, each but the last lost or failed as it was asked to, and comes to its end: COMPLETED
 * unless its executors were killed more often than is repeated. @returns how many chains there are
 */
function expectChainsToEnd(attempts: readonly Attempt[]): number {
  const firsts = attempts.filter(({ parent_execution_id }) => parent_execution_id === null);
  for (const first of firsts) {
    const chain = [
      first,
      ...attempts.filter(({ parent_execution_id }) => parent_execution_id === first.execution_id),
    ];
    const inOrder = chain.toSorted((a, b) => a.attempt_number - b.attempt_number);
    expect(inOrder.map(({ attempt_number }) => attempt_number)).toEqual(inOrder.map((_, index) => index + 1));
    const last = inOrder.pop();
    for (const { status, result } of inOrder) {
      expect(status).toBe('FAILED');
      expect([LOST, PASSING]).toContain(result?.error_code);
    }
    if (last?.status === 'COMPLETED' || last?.result?.error_code === UNMET) continue;
    expect([last?.result?.error_code, inOrder.filter(isLost).length]).toEqual([LOST, LOST_BUDGET]);
  }
  return firsts.length;
}

it(
  `a pool of ${String(LIMIT)} is never exceeded while executors are killed for ${String(SECONDS)} s (seed ${String(SEED)})`,
  async () => {
    await applyJobs();
    // What a job leaves behind that has ended, one that was repeated and one that was released among them.
    const failing = { parameters: { NOTING: { notes: NOTES, ms: 1, fails_until: 2 } } };
    for (const jobId of TRIGGERED) await phi.api.ended(await phi.api.trigger(jobId, failing));
    const atRest = await watch.families();

    watch.watch('pool:narrow');
    const end = performance.now() + SECONDS * 1000;
    const [triggered] = await Promise.all([
      triggerUntil(end, randomNumbers(SEED)),
      killExecutorsUntil(end, randomNumbers(SEED + 1)),
    ]);
    await phi.api.until(
      'everything to end',
      () => watch.open(),
      (open) => open === 0,
      DRAINED_WITHIN_MS,
    );
    const seen = await watch.seen();

    const attempts = new Map<string, Attempt[]>();
    for (const jobId of JOBS) attempts.set(jobId, await attemptsOf(jobId));
    const pooled = POOLED.flatMap((jobId) => attempts.get(jobId) ?? []);
    const all = [...attempts.values()].flat();
    expect(all.filter(isLost).length).toBeGreaterThan(0);

    // Both witnesses saw the pool full and never fuller. A lost attempt counts until it was taken back; its body may have
    // been anywhere meanwhile, or nowhere.
    expect(Math.max(...seen)).toBe(LIMIT);
    expect(mostAtOnce(pooled.flatMap(claimed))).toBe(LIMIT);
    const told = pooled.filter((attempt) => claimed(attempt).length > 0 && !isLost(attempt));
    expect(mostAtOnce(told.map(noted))).toBeLessThanOrEqual(LIMIT);
    for (const { body } of all.filter(isLost)) expect(body.starts.length).toBeLessThanOrEqual(1);
    // What is beside the pool did not wait for it.
    expect(mostAtOnce(all.flatMap(claimed))).toBeGreaterThan(LIMIT);

    // All that was accepted came to its end, once; a warm-up of each was accepted too.
    for (const jobId of JOBS) {
      const accepted = (triggered.get(jobId === 'released' ? 'releases' : jobId) ?? 0) + 1;
      expect([jobId, expectChainsToEnd(attempts.get(jobId) ?? [])]).toEqual([jobId, accepted]);
    }

    // Nothing is held, waits, or is left behind.
    expect(await watch.slotsHeld()).toBe(0);
    const left = async (): Promise<string[]> =>
      [...(await watch.families())].filter((family) => !atRest.has(family));
    await phi.api.until('nothing to be left behind', left, (families) => families.length === 0);
  },
  (SECONDS + 180) * 1000 + DRAINED_WITHIN_MS,
);
