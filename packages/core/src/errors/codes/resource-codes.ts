import { row } from './row.js';

/** What can run out (specification: Resource Exhaustion Errors). */
export const RESOURCE_CODES = {
  RES_001_MEMORY_EXHAUSTED: row(
    'RESOURCE',
    'TRANSIENT',
    'Memory is above its threshold, of a host or of Redis: what RESOURCE_..._ACTIONS say holds until it recovers.',
    'Wait; `phi health` says whose it is. Add memory, raise maxmemory of Redis, or lower EXECUTOR_PARALLELISM.',
  ),
  RES_002_CPU_EXHAUSTED: row(
    'RESOURCE',
    'TRANSIENT',
    'The processors of a host are saturated: what RESOURCE_CPU_ACTIONS say holds until they recover.',
    'Wait, add executors, or lower EXECUTOR_PARALLELISM.',
  ),
  RES_003_DISK_EXHAUSTED: row(
    'RESOURCE',
    'TRANSIENT',
    'A disk of a host is full: what RESOURCE_DISK_ACTIONS say holds until there is space.',
    'Free space in the data directory, or shorten retention.',
  ),
  RES_004_CONNECTIONS_EXHAUSTED: row(
    'RESOURCE',
    'TRANSIENT',
    'Redis has hardly any connections left: what RESOURCE_CONNECTIONS_ACTIONS say holds until there are more.',
    'Raise maxclients of Redis, or see what else connects to it.',
  ),
  RES_005_QUEUE_FULL: row(
    'RESOURCE',
    'TRANSIENT',
    'EXECUTOR_QUEUE_CAPACITY executions wait already.',
    'Trigger again later, add executors, or raise the capacity.',
  ),
  RES_006_UNPLACEABLE: row(
    'RESOURCE',
    'PERMANENT',
    'The job requests more than any executor has.',
    'Lower resources of the job, or start a larger executor.',
  ),
  RES_007_CONCURRENCY_LIMIT: row(
    'RESOURCE',
    'TRANSIENT',
    'global_max_concurrent executions run already, and enforcement_mode is REJECT.',
    'Trigger again later, raise the limit, or set enforcement_mode to QUEUE.',
  ),
} as const;
