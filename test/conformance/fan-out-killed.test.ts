import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { ExecutionRecord, JobDefinition } from '@phi/core';
import { carryOn, promoteRetries, redeliverUnclaimed, takeBackLost, type Services } from '@phi/engine';
import { openServices, readEnvironment, type OpenServices } from '@phi/service';
import { createKeys } from '@phi/store';
import { createLogger } from '@phi/telemetry';
import { ProcessFixture, testRedis, type ProcessGroup, type TestRedis } from '@phi/testkit';

import { apply, define, recordOf, trigger, setLimits } from './testing/engine-fixture.js';

const SEED = Number(process.env['PHI_SEED'] ?? Date.now() % 1_000_000);
const DEPENDENTS = Number(process.env['PHI_DEPENDENTS'] ?? 10_000);
const BODIES = 100;
const CHILD = fileURLToPath(new URL('./testing/executor-child.mjs', import.meta.url));
/** Of a lease nothing is waited out: the clock is set past it. */
const LEASE_MS = 60_000;
const ROUND_MS = 200;
const WITHIN_MS = 300_000;
/** Dependents that one call releases, about. */
const AT_ONCE = 100;

const FIRST = 'first';
const LAST = 'last';

let corner: TestRedis;
let processes: ProcessFixture;
let open: OpenServices;
let services: Services;
let executors = 0;
let offset = 0;

beforeEach(() => {
  corner = testRedis('fan-out-killed');
  processes = new ProcessFixture();
  const read = readEnvironment({ REDIS_URL: corner.url, PHI_NAMESPACE: corner.namespace });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  open = openServices(read.environment, createLogger('test', 'silent'));
  ({ services } = open);
  offset = 0;
});
afterEach(async () => {
  await processes.killAll();
  await open.close();
  await corner.cleanup();
});

function fan(): JobDefinition[] {
  const between = Array.from({ length: DEPENDENTS }, (_, index) => `job-${String(index).padStart(5, '0')}`);
  return [
    define(FIRST),
    ...between.map((job_id) => define(job_id, { after: [FIRST] })),
    define(LAST, { after: between }),
  ];
}

async function startExecutor(more: Readonly<Record<string, string>> = {}): Promise<ProcessGroup> {
  const env = {
    REDIS_URL: corner.url,
    PHI_NAMESPACE: corner.namespace,
    EXECUTOR_ID: `executor-${String(++executors)}`,
    BODIES: String(BODIES),
    LEASE_MS: String(LEASE_MS),
    ...more,
  };
  const started = await processes.node(CHILD, [], { name: 'executor', env });
  await started.output.waitFor('ready');
  return started;
}

/** Its lease is over as well then. */
async function died(executor: ProcessGroup): Promise<void> {
  await executor.ended;
  offset += LEASE_MS;
  await open.redis.set(createKeys(corner.namespace).key('clock_offset'), String(offset));
}

/** Asks again after a round of what recovery and the scheduler do, until a condition holds. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WITHIN_MS;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error('it did not come to that');
    await recover();
    await pause(ROUND_MS);
  }
}

/** What recovery and the scheduler do in turn. */
async function recover(): Promise<void> {
  await takeBackLost(services, { evict: true });
  await promoteRetries(services);
  await carryOn(services);
  await redeliverUnclaimed(services);
}

async function recordsOf(runId: string): Promise<readonly ExecutionRecord[]> {
  return services.executions.getMany(await services.runs.executions(runId));
}

function eventsOf({ history }: ExecutionRecord): string[] {
  return history.map(({ event }) => event);
}

it(
  `releases each of 1 → ${String(DEPENDENTS)} → 1 once, whatever process is killed (seed ${String(SEED)})`,
  async () => {
    await apply(services, fan());
    await setLimits(services, new Map([['global', BODIES]]));
    const calls = 1 + (SEED % Math.ceil(DEPENDENTS / AT_ONCE / 2));
    const releasing = await startExecutor({ DIES_AT: String(calls) });
    const runId = await trigger(services, FIRST);
    const members = async (): Promise<number> => (await services.runs.executions(runId)).length;
    const completed = async (): Promise<number> => (await services.executions.countByStatus()).COMPLETED;

    // In the middle of its release: the cursor stands, and the root is not COMPLETED before the last dependent is there.
    await died(releasing);
    expect((await recordOf(services, runId)).status).toBe('COMPLETING');
    expect(await members()).toBeLessThan(DEPENDENTS);
    await carryOn(services);
    expect((await recordOf(services, runId)).status).toBe('COMPLETED');
    const released = (await recordsOf(runId)).filter(({ job_id }) => job_id !== LAST);
    expect(released).toHaveLength(DEPENDENTS + 1);

    // In the middle of what decides the edges of the last one.
    for (const share of [0.3, 0.6]) {
      const executor = await startExecutor();
      await until(async () => (await completed()) > DEPENDENTS * share);
      executor.signal('SIGKILL');
      await died(executor);
    }
    await startExecutor();
    await until(async () => (await services.runs.get(runId))?.status !== 'running');

    const records = await recordsOf(runId);
    expect(await services.runs.get(runId)).toMatchObject({ status: 'succeeded', open: 0 });
    const firstAttempts = records.filter(({ parent_execution_id }) => parent_execution_id === undefined);
    expect(firstAttempts.map(({ job_id }) => job_id).toSorted()).toEqual(
      fan()
        .map(({ job_id }) => job_id)
        .toSorted(),
    );
    for (const record of firstAttempts)
      expect(eventsOf(record).slice(0, 3)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM']);
    const done = records.filter(({ status }) => status === 'COMPLETED').map(({ job_id }) => job_id);
    expect(done.toSorted()).toEqual(firstAttempts.map(({ job_id }) => job_id).toSorted());
    const last = firstAttempts.find(({ job_id }) => job_id === LAST);
    const ends = records
      .filter(({ job_id }) => job_id !== LAST)
      .map(({ completed_time }) => completed_time ?? 0);
    expect(last?.queued_time).toBeGreaterThanOrEqual(Math.max(...ends));
  },
  3 * WITHIN_MS,
);
