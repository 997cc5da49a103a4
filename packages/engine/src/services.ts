import type {
  CheckpointStore,
  ClaimStore,
  Clock,
  DeliveryQueue,
  ExecutionStore,
  IdSource,
  JobStore,
  LeaseStore,
  LimitStore,
  LogStore,
  PhiConfig,
  Random,
  RunStore,
  ScheduleStore,
  StatisticsStore,
} from '@phi/core';

import type { CatalogReader } from './catalog.js';

/** What the use cases are written over; an app's `main.ts` wires it. */
export interface Services {
  readonly namespace: string;
  readonly config: PhiConfig;
  readonly catalog: CatalogReader;
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
  readonly delivery: DeliveryQueue;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: IdSource;
}
