import * as z from 'zod';
import { authored } from './authored.js';
import { identifier } from './field-types.js';

export const DEFAULT_POOL = 'default';

const resourceRequestFields = {
  cpu_cores: z.number().min(0).max(1024).describe('CPU cores requested. Default: 0.'),
  memory_mb: z.int().min(0).max(16_777_216).describe('Memory in megabytes. Default: 0.'),
  disk_mb: z.int().min(0).max(1_073_741_824).describe('Disk space in megabytes. Default: 0.'),
  network_bandwidth_mbps: z
    .int()
    .min(0)
    .max(1_000_000)
    .describe('Network bandwidth in megabits a second. Default: 0.'),
  resource_pool: identifier.describe('Named resource pool (Rule 6). Default: default.'),
  priority: z
    .int()
    .min(-1000)
    .max(1000)
    .describe('Scheduling priority, higher = sooner (Rule 5). Default: 0.'),
  priority_boost_on_age: z
    .boolean()
    .describe('Increase priority as job ages in queue (Rule 5). Default: true.'),
};

/** Defines resource requirements for execution (specification: ResourceRequest). */
export const resourceRequestSchema = z.strictObject(resourceRequestFields);
export type ResourceRequest = z.infer<typeof resourceRequestSchema>;

export const authoredResourceRequestSchema = authored(resourceRequestFields, []);
export type AuthoredResourceRequest = z.infer<typeof authoredResourceRequestSchema>;
