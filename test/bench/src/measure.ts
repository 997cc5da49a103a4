import type { Redis } from 'ioredis';

/** What one round of work cost. */
export interface Cost {
  readonly seconds: number;
  /** CPU time of this process, seconds. */
  readonly nodeCpuSeconds: number;
  /** CPU time of Redis, seconds. */
  readonly redisCpuSeconds: number;
  /** What Redis' memory grew by, bytes. */
  readonly redisBytes: number;
}

/** Measures a piece of work: elapsed time, CPU here and in Redis, memory in Redis. */
export async function measure(redis: Redis, work: () => Promise<void>): Promise<Cost> {
  const [cpuBefore, redisCpuBefore, bytesBefore] = [
    process.cpuUsage(),
    await redisCpu(redis),
    await redisMemory(redis),
  ];
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  const cpu = process.cpuUsage(cpuBefore);
  return {
    seconds,
    nodeCpuSeconds: (cpu.user + cpu.system) / 1e6,
    redisCpuSeconds: (await redisCpu(redis)) - redisCpuBefore,
    redisBytes: (await redisMemory(redis)) - bytesBefore,
  };
}

async function redisCpu(redis: Redis): Promise<number> {
  const text = await redis.info('cpu');
  return field(text, 'used_cpu_sys') + field(text, 'used_cpu_user');
}

async function redisMemory(redis: Redis): Promise<number> {
  return field(await redis.info('memory'), 'used_memory');
}

function field(info: string, name: string): number {
  return Number(new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? Number.NaN);
}

/** The value below which a share of the values lies. @param share - 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
