import { hostname } from 'node:os';

import type { RemoteModules } from '@phi/core';
import {
  carryOnRedrives,
  expireDeadLetters,
  redeliverUnclaimed,
  reportExecutionErrors,
  sweepDeliveries,
  sweepOpenExecutions,
  sweepSlots,
  withdrawDeadLetters,
  type Services,
} from '@phi/engine';
import type { Logger } from '@phi/telemetry';

import { DamagedRecordsSweeper } from './damaged-records-sweeper.js';
import { sweepDamagedState } from './damaged-state.js';
import { trimErrorQueues } from './error-queue-trimmer.js';
import { HistoryTrimmer } from './history-trimmer.js';
import { IntegritySweeper } from './integrity-sweeper.js';
import { LeaseReaper } from './lease-reaper.js';
import { LedgerSweeper } from './ledger-sweeper.js';
import { sweepQueueTimeouts } from './queue-timeouts.js';
import { RedisWatch } from './redis-watch.js';
import { RemoteOrphansSweeper } from './remote-orphans-sweeper.js';
import { ScheduleForgetter } from './schedule-forgetter.js';

/** Something that recovery looks at again and again, a bounded part in each tick. */
export interface Sweep {
  readonly name: string;
  /** The longest time between two ticks, in milliseconds. */
  readonly intervalMs: number;
  /** @returns milliseconds until the next, where that is sooner */
  readonly tick: () => Promise<number | undefined>;
}

export interface SweepContext {
  readonly services: Services;
  readonly modules: RemoteModules;
  readonly log: Logger;
}

/** Everything that recovery does (specification: Recovery Manager), and how often. */
export function sweepsOf({ services, modules, log }: SweepContext): Sweep[] {
  const resourcesMs = services.config.RESOURCE_CHECK_INTERVAL_SECONDS * 1000;
  const reaper = new LeaseReaper(services, log);
  const damaged = new DamagedRecordsSweeper(services, log);
  const ledgers = new LedgerSweeper(services, log);
  const orphans = new RemoteOrphansSweeper(services, modules, log);
  const redis = new RedisWatch(services, log);
  const history = new HistoryTrimmer(services, log, `recovery-${hostname()}-${String(process.pid)}`);
  const schedules = new ScheduleForgetter(services, log);
  const open = new IntegritySweeper(services, sweepOpenExecutions, log);
  const slots = new IntegritySweeper(services, sweepSlots, log);
  const deliveries = new IntegritySweeper(services, sweepDeliveries, log);
  return [
    { name: 'expired-leases', intervalMs: 1000, tick: () => reaper.tick() },
    { name: 'damaged-records', intervalMs: 1000, tick: () => damaged.tick() },
    { name: 'damaged-state', intervalMs: 1000, tick: () => sweepDamagedState(services, log) },
    { name: 'unclaimed', intervalMs: 1000, tick: () => redeliver(services, log) },
    { name: 'queue-timeouts', intervalMs: 1000, tick: () => sweepQueueTimeouts(services, log) },
    { name: 'execution-errors', intervalMs: 1000, tick: () => reportExecutionErrors(services).then(nothing) },
    {
      name: 'withdrawn-dead-letters',
      intervalMs: 1000,
      tick: () => withdrawDeadLetters(services).then(nothing),
    },
    { name: 'redrives', intervalMs: 1000, tick: () => carryOnRedrives(services).then(nothing) },
    { name: 'remote-orphans', intervalMs: 2000, tick: () => orphans.tick() },
    { name: 'ledgers', intervalMs: 10_000, tick: () => ledgers.tick() },
    { name: 'redis', intervalMs: resourcesMs, tick: () => redis.tick() },
    { name: 'open-executions', intervalMs: 10_000, tick: () => open.tick() },
    { name: 'slots-against-states', intervalMs: 15_000, tick: () => slots.tick() },
    { name: 'orphans-in-bullmq', intervalMs: 15_000, tick: () => deliveries.tick() },
    { name: 'dead-letters', intervalMs: 60_000, tick: () => expireDeadLetters(services).then(nothing) },
    { name: 'history', intervalMs: 60_000, tick: () => history.tick() },
    { name: 'schedules-out-of-force', intervalMs: 60_000, tick: () => schedules.tick() },
    { name: 'error-queues', intervalMs: 60_000, tick: () => trimErrorQueues(services, log) },
  ];
}

function nothing(): undefined {
  return undefined;
}

async function redeliver(services: Services, log: Logger): Promise<undefined> {
  const again = await redeliverUnclaimed(services);
  if (again > 0) log.info({ deliveries: again }, 'delivered again what nobody claimed');
}
