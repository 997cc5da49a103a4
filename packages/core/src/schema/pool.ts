import * as z from 'zod';
import { authored } from './authored.js';
import { identifier } from './field-types.js';

const capacity = (what: string): z.ZodNullable<z.ZodNumber> =>
  z
    .number()
    .min(0)
    .max(1e9)
    .nullable()
    .describe(`${what} that running executions of the pool may request in sum. Default: no limit.`);

const poolFields = {
  name: identifier.describe('Name that resources.resource_pool refers to.'),
  pool_concurrency_limit: z
    .int()
    .min(1)
    .max(100_000)
    .nullable()
    .describe('At most so many executions of the pool at once (Rule 6). Default: no limit.'),
  cpu_cores: capacity('CPU cores'),
  memory_mb: capacity('Memory in megabytes'),
  disk_mb: capacity('Disk space in megabytes'),
  network_bandwidth_mbps: capacity('Network bandwidth in megabits a second'),
  paused: z.boolean().describe('Nothing new of the pool starts; what runs goes on. Default: false.'),
  dedicated: z
    .boolean()
    .describe('Only executors that name the pool in EXECUTOR_POOLS take its executions. Default: false.'),
};

/** A named resource pool (specification: Rule 6). */
export const poolSchema = z.strictObject(poolFields);
export type Pool = z.infer<typeof poolSchema>;

export const authoredPoolSchema = authored(poolFields, ['name']);
export type AuthoredPool = z.infer<typeof authoredPoolSchema>;
