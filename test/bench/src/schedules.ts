import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { resolveJobDefinition } from '@phi/core';
import { applyDefinitions, type Services } from '@phi/engine';
import { openServices, readEnvironment, waitForRedis } from '@phi/service';
import { createLogger } from '@phi/telemetry';
import { Redis } from 'ioredis';

import { measure, percentile } from './measure.js';
import { scheduledJobs } from './scheduled-jobs.js';
import { startScheduler, type SchedulerProcess } from './scheduler-process.js';

export interface SchedulesOptions {
  readonly redisUrl: string;
  /** How long is measured, in seconds. */
  readonly seconds: number;
}

export interface SchedulesRow {
  readonly schedules: number;
  readonly registration_seconds: number;
  /** The longest that registering one slice took, in milliseconds. */
  readonly registration_slice_max_ms: number;
  /** Executions created in the seconds measured. */
  readonly executions: number;
  /** From a nominal second to its last execution, by Redis' clock. */
  readonly tick_p50_ms: number;
  readonly tick_p99_ms: number;
  /** The share of a core that each takes. */
  readonly scheduler_cpu: number;
  readonly redis_cpu: number;
}

/** Design §12. */
export const TICK_P99_BUDGET_MS = 50;
export const DUE_A_SECOND = 100;

const SIZES = [10_000, 100_000];
/** Jobs registered by one call: its script keeps Redis from others for about as many times 0.1 ms. */
const SLICE = 2000;
/** The scheduler catches up within it or not at all. */
const CAUGHT_UP_WITHIN_MS = 60_000;
const WARM_UP_SECONDS = 5;
const POLL_MS = 100;
const PAGE = 1000;
/** What fired last may be under way still. */
const AFTERWARDS_MS = 2000;

/**
 * Schedules that fire a hundred times a second, few or many of them registered: the real scheduler fires them, in a process of
 * its own. No executor runs; what is created stays queued, in a queue that has room for it.
 */
export async function benchSchedules(options: SchedulesOptions): Promise<readonly SchedulesRow[]> {
  const rows: SchedulesRow[] = [];
  for (const count of SIZES) rows.push(await benchSize(count, options));
  return rows;
}

async function benchSize(count: number, { redisUrl, seconds }: SchedulesOptions): Promise<SchedulesRow> {
  const variables = {
    REDIS_URL: redisUrl,
    // One of its own: schedules of an earlier run would fire too.
    PHI_NAMESPACE: `bench-schedules-${randomUUID()}`,
    PHI_LOG_LEVEL: 'error',
    EXECUTOR_QUEUE_CAPACITY: '100000',
  };
  const read = readEnvironment(variables);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { services, redis, close } = openServices(read.environment, createLogger('bench', 'error'));
  await waitForRedis(redis);
  const registered = await register(services, count);
  const scheduler = startScheduler(variables);
  const observer = new Redis(redisUrl);
  try {
    await caughtUp(services);
    return { schedules: count, ...registered, ...(await observe(services, scheduler, observer, seconds)) };
  } finally {
    await scheduler.stop();
    observer.disconnect();
    await close();
  }
}

async function register(
  services: Services,
  count: number,
): Promise<Pick<SchedulesRow, 'registration_seconds' | 'registration_slice_max_ms'>> {
  const definitions = scheduledJobs(count, DUE_A_SECOND).map((job) =>
    resolveJobDefinition(job, services.config),
  );
  const slices: number[] = [];
  for (let at = 0; at < count; at += SLICE) {
    const began = performance.now();
    const slice = definitions.slice(at, at + SLICE);
    const result = await applyDefinitions(services, { definitions: slice, author: 'bench' });
    if (!result.ok) throw new Error(JSON.stringify(result));
    slices.push(performance.now() - began);
  }
  return {
    registration_seconds: slices.reduce((sum, ms) => sum + ms, 0) / 1000,
    registration_slice_max_ms: Math.max(...slices),
  };
}

/** What became due while jobs were registered is settled first. */
async function caughtUp({ schedules }: Services): Promise<void> {
  const deadline = performance.now() + CAUGHT_UP_WITHIN_MS;
  for (;;) {
    const [next, now] = await Promise.all([schedules.nextDue(), schedules.now()]);
    if (next === undefined || next > now) return;
    if (performance.now() > deadline) throw new Error('the scheduler does not catch up');
    await sleep(POLL_MS);
  }
}

type Observed = Omit<SchedulesRow, 'schedules' | 'registration_seconds' | 'registration_slice_max_ms'>;

async function observe(
  services: Services,
  scheduler: SchedulerProcess,
  redis: Redis,
  seconds: number,
): Promise<Observed> {
  const now = await services.schedules.now();
  const from = (Math.ceil(now / 1000) + WARM_UP_SECONDS) * 1000;
  // Between two fire times, so that as many are measured as there are seconds.
  await sleep(from - 500 - now);
  const cpuBefore = await scheduler.cpuSeconds();
  const cost = await measure(redis, () => sleep(seconds * 1000));
  const cpuSeconds = (await scheduler.cpuSeconds()) - cpuBefore;
  await sleep(AFTERWARDS_MS);
  const lags = await lagsBySecond(services, from, from + seconds * 1000);
  const ticks = [...lags.values()].map((of) => Math.max(...of));
  if (ticks.length < seconds) throw new Error(`nothing fired in ${String(seconds - ticks.length)} seconds`);
  return {
    executions: [...lags.values()].flat().length,
    tick_p50_ms: percentile(ticks, 0.5),
    tick_p99_ms: percentile(ticks, 0.99),
    scheduler_cpu: cpuSeconds / cost.seconds,
    redis_cpu: cost.redisCpuSeconds / cost.seconds,
  };
}

/** How long after their nominal time executions were created, in milliseconds, by nominal time. */
async function lagsBySecond(
  { executions }: Services,
  from: number,
  until: number,
): Promise<ReadonlyMap<number, readonly number[]>> {
  const lags = new Map<number, number[]>();
  let cursor: string | undefined;
  for (;;) {
    const page = await executions.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const { scheduled_time, created_time } of page.items) {
      if (scheduled_time < from || scheduled_time >= until) continue;
      lags.set(scheduled_time, [...(lags.get(scheduled_time) ?? []), created_time - scheduled_time]);
    }
    cursor = page.next_cursor;
    if (cursor === undefined || (page.items.at(-1)?.created_time ?? 0) < from) return lags;
  }
}
