import { row } from './row.js';

/** What can run out (specification: Resource Exhaustion Errors). */
export const RESOURCE_CODES = {
  RES_001_MEMORY_EXHAUSTED: row(
    'RESOURCE',
    'TRANSIENT',
    'Memory is above its threshold; no new executions start.',
    'Wait, add memory, or lower EXECUTOR_PARALLELISM.',
  ),
  RES_002_CPU_EXHAUSTED: row(
    'RESOURCE',
    'TRANSIENT',
    'The processors are saturated; no new executions start.',
    'Wait, add executors, or lower EXECUTOR_PARALLELISM.',
  ),
  RES_003_DISK_EXHAUSTED: row(
    'RESOURCE',
    'TRANSIENT',
    'The disk is full; no new executions start.',
    'Free space in the data directory, or shorten retention.',
  ),
  RES_004_CONNECTIONS_EXHAUSTED: row(
    'RESOURCE',
    'TRANSIENT',
    'There are no connections left; no new executions start.',
    'Raise the limit of connections, or lower the concurrency of the pool.',
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
} as const;
