import { randomUUID } from 'node:crypto';

import type { AuthoredJobDefinition } from '@phi/core';
import { triggerJob } from '@phi/engine';
import { Redis } from 'ioredis';

import { measureFunctionCalls, type FunctionCalls } from './measure.js';
import { openPhi, type PhiContender } from './phi.js';

export interface AdmissionOptions {
  readonly redisUrl: string;
  readonly concurrency: number;
  readonly executions: number;
  readonly waiting: number;
}

export interface AdmissionRow {
  readonly name: string;
  /** Executions queued at the beginning. */
  readonly waiting: number;
  readonly executions_per_second: number;
  /** What functions take of Redis for each that is admitted, claimed and ended, in microseconds. */
  readonly redis_us: number;
  readonly script: FunctionCalls;
}

/** Design: Performance budget. */
export const ADMISSION_BUDGET = { redis_us: 300, p99_ms: 3 } as const;

const JOBS = 1000;
const AT_ONCE = 200;
/** No limit but those of the pools holds anything back. */
const UNLIMITED = 1_000_000;

interface Case {
  readonly name: string;
  readonly poolOf: (index: number) => string;
  readonly limitOf: (concurrency: number) => number;
}

const CASES: readonly Case[] = [
  { name: '1,000 pools, each full', poolOf: (index) => `pool-${String(index)}`, limitOf: () => 1 },
  { name: 'one full pool, 1,000 jobs', poolOf: () => 'shared', limitOf: (concurrency) => concurrency },
];

/** Many executions wait behind full pools; as others end, they are admitted. */
export async function benchAdmission(options: AdmissionOptions): Promise<readonly AdmissionRow[]> {
  const rows: AdmissionRow[] = [];
  for (const one of CASES) rows.push(await benchCase(one, options));
  return rows;
}

async function benchCase(
  { name, poolOf, limitOf }: Case,
  { redisUrl, concurrency, executions, waiting }: AdmissionOptions,
): Promise<AdmissionRow> {
  const jobs = Array.from({ length: JOBS }, (_, index) => job(index, poolOf(index)));
  const pools = jobs.map((_, index) => [`pool:${poolOf(index)}`, limitOf(concurrency)] as const);
  const phi = await openPhi({
    redisUrl,
    namespace: `bench-admission-${randomUUID()}`,
    concurrency,
    places: UNLIMITED,
    jobs,
    // Nothing starts before everything waits.
    limits: { ...Object.fromEntries(pools), global: 0 },
  });
  const redis = new Redis(redisUrl);
  try {
    await fill(phi, jobs, waiting);
    const warm = ended(phi, JOBS);
    await phi.services.limits.change({ limits: new Map([['global', UNLIMITED]]) });
    await warm;
    let seconds = Number.NaN;
    const script = await measureFunctionCalls(redis, async () => {
      const began = performance.now();
      await ended(phi, executions);
      seconds = (performance.now() - began) / 1000;
    });
    return {
      name,
      waiting,
      executions_per_second: executions / seconds,
      redis_us: (script.total_ms * 1000) / executions,
      script,
    };
  } finally {
    await phi.services.limits.change({ limits: new Map([['global', 0]]) });
    await phi.close();
    redis.disconnect();
  }
}

function job(index: number, resource_pool: string): AuthoredJobDefinition {
  return {
    job_id: `job-${String(index).padStart(4, '0')}`,
    job_type: 'COMPOSITE',
    pipeline_modules: ['NOTHING'],
    resources: { resource_pool },
  };
}

/** One execution of each job in turn, until so many are queued. */
async function fill(phi: PhiContender, jobs: readonly AuthoredJobDefinition[], count: number): Promise<void> {
  for (let at = 0; at < count; at += AT_ONCE) {
    const results = await Promise.all(
      Array.from({ length: Math.min(AT_ONCE, count - at) }, (_, index) =>
        triggerJob(phi.services, { job_id: jobs[(at + index) % jobs.length]?.job_id ?? '', actor: 'bench' }),
      ),
    );
    const refused = results.find((result) => !result.ok);
    if (refused !== undefined) throw new Error(JSON.stringify(refused));
  }
}

/** Resolves when so many more have ended. */
function ended(phi: PhiContender, count: number): Promise<void> {
  let left = count;
  return new Promise((resolve) => {
    phi.onRecorded(() => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
}
