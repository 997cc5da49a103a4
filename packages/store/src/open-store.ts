import type { Stores } from '@phi/core';
import type { Redis } from 'ioredis';

import { RedisArrivalStore } from './arrival-store.js';
import { RedisCheckpointStore } from './checkpoint-store.js';
import { RedisClaimStore } from './claim-store.js';
import { RedisDeadLetterStore } from './dead-letter-store.js';
import { RedisEventStore } from './event-store.js';
import { RedisExecutionStore } from './execution-store.js';
import { RedisExhaustionStore } from './exhaustion-store.js';
import { RedisHistoryStore } from './history-store.js';
import { RedisEpochStore } from './epoch-store.js';
import { RedisJobStore } from './job-store.js';
import { RedisElectionStore } from './election-store.js';
import { RedisExplainStore } from './explain-store.js';
import { RedisIntegrityStore } from './integrity-store.js';
import { createKeys } from './keys.js';
import { RedisLeaseStore } from './lease-store.js';
import { RedisLimitStore } from './limit-store.js';
import { RedisLogStore } from './log-store.js';
import { RedisRepairStore } from './repair-store.js';
import { RedisRedriveStore } from './redrive-store.js';
import { RedisRemoteJobStore } from './remote-job-store.js';
import type { ReplyListener } from './reply.js';
import { RedisRunStore } from './run-store.js';
import { RedisServerStore } from './server-store.js';
import { RedisScheduleStore } from './schedule-store.js';
import { FunctionLibrary } from './function-library.js';
import { RedisStatisticsStore } from './statistics-store.js';
import { RedisWindowStore } from './window-store.js';

/**
 * Opens the stores of a namespace on one connection.
 *
 * @param luaDirectory - only tests have other Lua than what is shipped
 */
export function openStores(
  redis: Redis,
  namespace: string,
  listener: ReplyListener,
  luaDirectory?: URL,
): Stores {
  const keys = createKeys(namespace);
  const library = new FunctionLibrary(redis, keys, luaDirectory);
  const executions = new RedisExecutionStore(redis, keys, library, listener);
  return {
    executions,
    runs: new RedisRunStore(redis, keys, executions, library, listener),
    leases: new RedisLeaseStore(redis, keys, library, listener),
    jobs: new RedisJobStore(redis, keys, library, listener),
    events: new RedisEventStore(redis, keys, library, listener),
    arrivals: new RedisArrivalStore(redis, keys),
    schedules: new RedisScheduleStore(redis, keys, library),
    windows: new RedisWindowStore(redis, keys, library, listener),
    elections: new RedisElectionStore(library),
    limits: new RedisLimitStore(redis, keys, library, listener),
    logs: new RedisLogStore(redis, keys, library),
    statistics: new RedisStatisticsStore(redis, keys),
    checkpoints: new RedisCheckpointStore(redis, keys, library),
    claims: new RedisClaimStore(redis, keys, library),
    explanations: new RedisExplainStore(redis, keys),
    deadLetters: new RedisDeadLetterStore(redis, keys, library),
    remoteJobs: new RedisRemoteJobStore(redis, keys, library),
    history: new RedisHistoryStore(redis, keys, library),
    exhaustion: new RedisExhaustionStore(redis, keys, library, listener),
    repairs: new RedisRepairStore(redis, keys, library, listener),
    integrity: new RedisIntegrityStore(redis, keys, library, listener),
    redrives: new RedisRedriveStore(redis, keys, library),
    server: new RedisServerStore(redis),
    epochs: new RedisEpochStore(redis, keys, library),
  };
}
