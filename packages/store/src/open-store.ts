import type {
  CheckpointStore,
  ClaimStore,
  ExecutionStore,
  JobStore,
  LeaseStore,
  LimitStore,
  LogStore,
  RunStore,
  ScheduleStore,
  StatisticsStore,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { RedisCheckpointStore } from './checkpoint-store.js';
import { RedisClaimStore } from './claim-store.js';
import { RedisExecutionStore, type AdmissionListener } from './execution-store.js';
import { RedisJobStore } from './job-store.js';
import { createKeys } from './keys.js';
import { RedisLeaseStore } from './lease-store.js';
import { RedisLimitStore } from './limit-store.js';
import { RedisLogStore } from './log-store.js';
import { RedisRunStore } from './run-store.js';
import { RedisScheduleStore } from './schedule-store.js';
import { Scripts } from './scripts.js';
import { RedisStatisticsStore } from './statistics-store.js';

/** Every store of one namespace. */
export interface Stores {
  readonly executions: ExecutionStore;
  readonly runs: RunStore;
  readonly leases: LeaseStore;
  readonly jobs: JobStore;
  readonly schedules: ScheduleStore;
  readonly limits: LimitStore;
  readonly logs: LogStore;
  readonly statistics: StatisticsStore;
  readonly claims: ClaimStore;
  readonly checkpoints: CheckpointStore;
}

/**
 * Opens the stores of a namespace on one connection.
 *
 * @param onAdmitted - delivers executions that a script of this process admitted
 * @param scriptDirectory - only tests have other scripts than those shipped
 */
export function openStores(redis: Redis, namespace: string, onAdmitted: AdmissionListener, scriptDirectory?: URL): Stores {
  const keys = createKeys(namespace);
  const scripts = new Scripts(redis, keys, scriptDirectory);
  return {
    executions: new RedisExecutionStore(redis, keys, scripts, onAdmitted),
    runs: new RedisRunStore(redis, keys),
    leases: new RedisLeaseStore(redis, keys, scripts, onAdmitted),
    jobs: new RedisJobStore(redis, keys, scripts),
    schedules: new RedisScheduleStore(redis, keys, scripts),
    limits: new RedisLimitStore(redis, keys, scripts, onAdmitted),
    logs: new RedisLogStore(redis, keys),
    statistics: new RedisStatisticsStore(redis, keys),
    checkpoints: new RedisCheckpointStore(redis, keys, scripts),
    claims: new RedisClaimStore(redis, keys, scripts),
  };
}
