import { bodyKilled } from './body-killed.js';
import { connectionsKilled } from './connections-killed.js';
import { executorFrozen } from './executor-frozen.js';
import { executorKilled } from './executor-killed.js';
import { executorKilledEarly } from './executor-killed-early.js';
import { executorsRolled } from './executors-rolled.js';
import type { Nemesis } from './nemesis.js';
import { outOfMemory } from './out-of-memory.js';
import { redisPaused } from './redis-paused.js';
import { redisRestarted } from './redis-restarted.js';
import { redisUnreachable } from './redis-unreachable.js';
import { repliesLost } from './replies-lost.js';
import { serviceKilled } from './service-killed.js';

/** Every kind of fault. */
export const NEMESES: readonly Nemesis[] = [
  executorKilled,
  executorKilledEarly,
  executorFrozen(),
  executorsRolled,
  bodyKilled,
  serviceKilled('scheduler'),
  serviceKilled('recovery'),
  serviceKilled('api'),
  repliesLost,
  connectionsKilled,
  redisPaused('briefly', [500, 4000]),
  redisPaused('long', [12_000, 16_000]),
  redisRestarted,
  redisUnreachable('briefly', [500, 4000]),
  redisUnreachable('long', [20_000, 60_000]),
  outOfMemory,
];

/** Faults that last so long that a short run has no time for them. */
export const LONG: ReadonlySet<string> = new Set(['redis-paused-long', 'redis-unreachable-long']);
