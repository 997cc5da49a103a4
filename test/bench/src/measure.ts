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

/** What calls of Redis functions cost while a piece of work was done, in milliseconds. */
export interface FunctionCalls {
  readonly calls: number;
  readonly total_ms: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly max_ms: number;
}

/**
 * Measures the calls of functions by Redis' own count: what one of them takes is how long it keeps Redis from others. The
 * statistics of the server begin anew.
 */
export async function measureFunctionCalls(redis: Redis, work: () => Promise<void>): Promise<FunctionCalls> {
  const percentiles = 'latency-tracking-info-percentiles';
  const [, before = ''] = await redis.config('GET', percentiles);
  await redis.config('SET', percentiles, '50 99 100');
  await redis.config('RESETSTAT');
  await work();
  const counts = statisticsOf(await redis.info('commandstats'), 'cmdstat_fcall');
  const latencies = statisticsOf(await redis.info('latencystats'), 'latency_percentiles_usec_fcall');
  await redis.config('SET', percentiles, before);
  const ms = (statistics: ReadonlyMap<string, number>, name: string): number =>
    (statistics.get(name) ?? Number.NaN) / 1000;
  return {
    calls: counts.get('calls') ?? 0,
    total_ms: ms(counts, 'usec'),
    p50_ms: ms(latencies, 'p50'),
    p99_ms: ms(latencies, 'p99'),
    max_ms: ms(latencies, 'p100'),
  };
}

/** One line of `INFO`: `name:field=number,...` */
function statisticsOf(info: string, name: string): ReadonlyMap<string, number> {
  const line = new RegExp(`^${name}:(\\S+)`, 'm').exec(info)?.[1] ?? '';
  const fields = line.split(',').map((field) => field.split('='));
  return new Map(fields.map(([field = '', value]) => [field, Number(value)]));
}

/** The value below which a share of the values lies. @param share - 0 to 1 */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return percentile(values, 0.5);
}
