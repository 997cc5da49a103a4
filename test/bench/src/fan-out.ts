import { randomUUID } from 'node:crypto';

import type { AuthoredJobDefinition } from '@phi/core';
import { triggerJob } from '@phi/engine';
import { Redis } from 'ioredis';

import { measureFunctionCalls, median, type FunctionCalls } from './measure.js';
import { openPhi, type PhiContender } from './phi.js';

export interface FanOutOptions {
  readonly redisUrl: string;
  readonly rounds: number;
  readonly concurrency: number;
  readonly dependents: number;
}

export interface FanOutRow {
  readonly dependents: number;
  /** From the end of the one that starts them to the start of the one that waits for all, in milliseconds; the median. */
  readonly elapsed_ms: number;
  /** Over all rounds. */
  readonly script: FunctionCalls;
}

/** Design: Performance budget. */
export const SCRIPT_BUDGET_MS = 25;

const FIRST = 'first';
const LAST = 'last';

/** One job, many that depend on it, and one that depends on all of these. */
export async function benchFanOut(options: FanOutOptions): Promise<readonly FanOutRow[]> {
  const { redisUrl, rounds, concurrency, dependents } = options;
  const phi = await openPhi({
    redisUrl,
    // One of its own: with another number of dependents it is another pipeline.
    namespace: `bench-fan-out-${randomUUID()}`,
    concurrency,
    places: concurrency,
    jobs: fan(dependents),
    limits: { global: 2 * concurrency },
  });
  const redis = new Redis(redisUrl);
  const elapsed: number[] = [];
  await once(phi);
  const script = await measureFunctionCalls(redis, async () => {
    for (let round = 0; round < rounds; round++) elapsed.push(await once(phi));
  });
  await phi.close();
  redis.disconnect();
  return [{ dependents, elapsed_ms: median(elapsed), script }];
}

function fan(dependents: number): AuthoredJobDefinition[] {
  const job = (job_id: string, after: readonly string[]): AuthoredJobDefinition => ({
    job_id,
    job_type: 'COMPOSITE',
    pipeline_modules: ['NOTHING'],
    dependencies: after.map((upstream_job_id) => ({ upstream_job_id })),
  });
  const between = Array.from({ length: dependents }, (_, index) => `job-${String(index).padStart(6, '0')}`);
  return [job(FIRST, []), ...between.map((job_id) => job(job_id, [FIRST])), job(LAST, between)];
}

/** Bodies take no time: the start of the first is its end. @returns the milliseconds that one run takes between them */
async function once(phi: PhiContender): Promise<number> {
  let from = Number.NaN;
  const to = new Promise<number>((resolve) => {
    phi.onBody(({ definition: { job_id } }) => {
      if (job_id === FIRST) from = performance.now();
      if (job_id === LAST) resolve(performance.now());
    });
  });
  const ended = new Promise<void>((resolve) => {
    phi.onRecorded(({ job_id }) => {
      if (job_id === LAST) resolve();
    });
  });
  const triggered = await triggerJob(phi.services, { job_id: FIRST, actor: 'bench' });
  if (!triggered.ok) throw new Error(JSON.stringify(triggered));
  await ended;
  return (await to) - from;
}
