import { Redis } from 'ioredis';

import type { Contender } from './contender.js';
import { measure, median, type Cost } from './measure.js';
import { openPhi } from './phi.js';
import { openRawBullmq } from './raw-bullmq.js';

export interface ThroughputOptions {
  readonly redisUrl: string;
  readonly executions: number;
  readonly rounds: number;
  readonly concurrency: number;
  readonly inFlight: number;
}

export interface ThroughputRow {
  readonly name: string;
  readonly executions_per_second: number;
  readonly node_cpu_us: number;
  readonly redis_cpu_us: number;
  readonly redis_bytes: number;
}

/** More than ever waits: nothing but what a contender asks for holds an execution back. */
const UNCONTENDED = 1_000_000;

/** Executions from trigger to COMPLETED beside raw BullMQ jobs, round about on the same Redis; medians. */
export async function benchThroughput(options: ThroughputOptions): Promise<readonly ThroughputRow[]> {
  const redis = new Redis(options.redisUrl);
  const job = { job_id: 'nothing', job_type: 'COMPOSITE', pipeline_modules: ['NOTHING'] } as const;
  const open = (namespace: string, limits: Record<string, number>): ReturnType<typeof openPhi> =>
    openPhi({
      ...options,
      places: UNCONTENDED,
      namespace,
      jobs: [{ ...job, pipeline_modules: [...job.pipeline_modules] }],
      limits,
    });
  const contenders: [string, Contender][] = [
    ['raw BullMQ', await openRawBullmq(options.redisUrl, options.concurrency)],
    ['Phi', await open('bench', { global: UNCONTENDED })],
    [
      'Phi, every one past a full pool',
      await open('bench-contended', { global: UNCONTENDED, 'pool:default': options.concurrency }),
    ],
  ];
  const costs = new Map<string, Cost[]>(contenders.map(([name]) => [name, []]));
  for (let round = 0; round <= options.rounds; round++) {
    for (const [name, contender] of contenders) {
      const cost = await measure(redis, () => contender.run(options.executions, options.inFlight));
      // The first round warms up.
      if (round > 0) costs.get(name)?.push(cost);
    }
  }
  for (const [, contender] of contenders) await contender.close();
  redis.disconnect();
  return [...costs].map(([name, rounds]) => summarize(name, rounds, options.executions));
}

function summarize(name: string, rounds: readonly Cost[], executions: number): ThroughputRow {
  const of = (value: (cost: Cost) => number): number => median(rounds.map(value));
  return {
    name,
    executions_per_second: of((cost) => executions / cost.seconds),
    node_cpu_us: of((cost) => (cost.nodeCpuSeconds / executions) * 1e6),
    redis_cpu_us: of((cost) => (cost.redisCpuSeconds / executions) * 1e6),
    redis_bytes: of((cost) => cost.redisBytes / executions),
  };
}
