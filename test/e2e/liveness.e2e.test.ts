import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { startTcpProxy } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import type { ExecutionAnswer } from './fixture/api-client.js';
import { handlers } from './fixture/handlers.js';
import { Phi, SHORTEST_LEASE, SHORTEST_LEASE_MS } from './fixture/phi.js';
import { familyOf, processTable, remaining, survivorsOf } from './fixture/process-table.js';

const FROZE = 'freezing what runs';
const WENT_ON = 'what was frozen goes on';
const LOST = 'lease lost; killing what ran under it';
/** A whole lease, what is left of one, the sweep after it, and a slow machine. */
const TAKEN_BACK_MS = 9 * SHORTEST_LEASE_MS;

/** What a body did, outside Redis. */
interface Tick {
  readonly attempt: number;
  readonly pid: number;
  readonly at: number;
}

let phi: Phi;

const ticksOf = async (attempt: number): Promise<Tick[]> => {
  const text = await readFile(join(phi.outputDir, 'ticks'), 'utf8').catch(() => '');
  const ticks = text.split('\n').filter((line) => line.endsWith('}'));
  return ticks.map((line) => JSON.parse(line) as Tick).filter((tick) => tick.attempt === attempt);
};

const applyJob = async (): Promise<void> => {
  const parameters = { TICKING: { ticks: 'ticks', gate: 'gate' } };
  const job = { job_id: 'job', job_type: 'COMPOSITE', pipeline_modules: ['TICKING'], parameters };
  await phi.api.apply({ jobs: [job] });
};

const eventsOf = ({ history }: ExecutionAnswer): string[] => history.map(({ event }) => event);

/** Starts the job and waits until its body works. @returns the execution's id, which is the run's */
const begin = async (): Promise<string> => {
  const runId = await phi.api.trigger('job');
  await phi.api.running(runId, 'job');
  await phi.api.until(
    'the body to work',
    () => ticksOf(1),
    (ticks) => ticks.length > 0,
  );
  return runId;
};

const expectRanOnce = async (runId: string): Promise<void> => {
  const run = await phi.api.ended(runId);
  expect(run.executions).toMatchObject([{ status: 'COMPLETED', attempt_number: 1 }]);
  const ran = await phi.api.execution(runId);
  expect(eventsOf(ran).filter((event) => event === 'CLAIM')).toHaveLength(1);
  expect(new Set((await ticksOf(1)).map(({ pid }) => pid)).size).toBe(1);
};

beforeEach(async () => {
  phi = await Phi.start({ executors: 2, env: { ...SHORTEST_LEASE, PHI_HANDLERS: handlers('TICKING') } });
  await applyJob();
});
afterEach(async () => {
  await phi.stop();
});

describe('a Redis that is paused', () => {
  it.each([
    {
      how: 'for less than a lease',
      pause: async () => {
        phi.redis.pause();
      },
      goOn: () => phi.redis.resume(),
    },
    {
      how: 'for longer than a lease',
      pause: async () => pauseClients(SHORTEST_LEASE_MS + 5000),
      // By itself.
      goOn: () => undefined,
    },
  ])('$how pauses work, and repeats none', async ({ pause, goOn }) => {
    const runId = await begin();
    const executor = await phi.holderOf(runId);
    await pause();
    await executor.output.waitFor(FROZE);
    const frozenAt = (await ticksOf(1)).length;
    goOn();
    await executor.output.waitFor(WENT_ON);
    await phi.api.until(
      'the body to go on',
      () => ticksOf(1),
      (ticks) => ticks.length > frozenAt,
    );
    await phi.openGate('gate');
    await expectRanOnce(runId);
  });

  const pauseClients = async (ms: number): Promise<void> => {
    const admin = new Redis(phi.redis.url);
    await admin.client('PAUSE', ms, 'ALL');
    admin.disconnect();
  };

  it('or ends its connections, once and again, repeats none either', async () => {
    const runId = await begin();
    const admin = new Redis(phi.redis.url);
    for (let time = 0; time < 5; time++)
      await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await phi.openGate('gate');
    await expectRanOnce(runId);
    admin.disconnect();
  });
});

describe('an executor that cannot be heard', () => {
  it('has frozen its bodies before others run them, and kills them when it is back', async () => {
    const proxy = await startTcpProxy(Number(new URL(phi.redis.url).port));
    for (const executor of phi.executors) await executor.stop();
    const cutOff = await phi.startExecutor({ REDIS_URL: proxy.url });
    const runId = await begin();
    const family = await familyOf(cutOff.pid);
    proxy.cut();
    await cutOff.output.waitFor(FROZE);
    await phi.startExecutor();
    await phi.api.until(
      'another to run it',
      () => ticksOf(2),
      (ticks) => ticks.length > 0,
      TAKEN_BACK_MS,
    );
    proxy.mend();
    await cutOff.output.waitFor(LOST);
    await phi.openGate('gate');
    const { executions } = await phi.api.ended(runId);
    expect(executions.map(({ status, attempt_number }) => [status, attempt_number])).toEqual([
      ['FAILED', 1],
      ['COMPLETED', 2],
    ]);
    // Never at the same time: the first stood still before the second began, and did nothing any more.
    const [first, second] = await Promise.all([ticksOf(1), ticksOf(2)]);
    expect(first.at(-1)?.at).toBeLessThan(second[0]?.at ?? 0);
    const bodies = family.filter(({ pid }) => pid === first[0]?.pid);
    expect(bodies).toHaveLength(1);
    expect(await remaining(() => survivorsOf(bodies))).toEqual([]);
    await proxy.close();
  });

  it('and is killed while they are frozen, takes them along', async () => {
    const proxy = await startTcpProxy(Number(new URL(phi.redis.url).port));
    for (const executor of phi.executors) await executor.stop();
    const cutOff = await phi.startExecutor({ REDIS_URL: proxy.url });
    await begin();
    const family = await familyOf(cutOff.pid);
    expect(family.length).toBeGreaterThan(1);
    proxy.cut();
    await cutOff.output.waitFor(FROZE);
    await cutOff.kill();
    expect(await remaining(() => survivorsOf(family))).toEqual([]);
    await proxy.close();
  });
});

describe('an executor that was stopped for longer than its lease, and woken', () => {
  it('has every write refused and kills its bodies; what they did is known', async () => {
    const runId = await begin();
    const asleep = await phi.holderOf(runId);
    const [{ pid } = { pid: 0 }] = await ticksOf(1);
    const body = (await processTable()).filter((entry) => entry.pid === pid);
    expect(body).toHaveLength(1);
    asleep.pause();
    await phi.api.until(
      'another to run it',
      () => ticksOf(2),
      (ticks) => ticks.length > 0,
      TAKEN_BACK_MS,
    );
    asleep.resume();
    await asleep.output.waitFor(LOST);
    expect(await remaining(() => survivorsOf(body))).toEqual([]);
    await phi.openGate('gate');
    const { executions } = await phi.api.ended(runId);
    expect(executions.map(({ status }) => status)).toEqual(['FAILED', 'COMPLETED']);
    expect(eventsOf(await phi.api.execution(runId))).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'LOSE']);
    // One body each: what ran twice was run twice, and no more often.
    const pids = [...(await ticksOf(1)), ...(await ticksOf(2))].map((tick) => tick.pid);
    expect(new Set(pids).size).toBe(2);
  });
});
