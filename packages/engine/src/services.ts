import type {
  Alerts,
  Clock,
  DeliveryQueue,
  ErrorQueues,
  Durability,
  ErrorReporter,
  IdSource,
  PhiConfig,
  Random,
  StageJobs,
  Stores,
} from '@phi/core';

import type { CatalogReader } from './catalog.js';

/** What the use cases are written over; an app's `main.ts` wires it. */
export interface Services extends Stores {
  readonly namespace: string;
  readonly config: PhiConfig;
  /** Whether a Redis that may lose its data is accepted. Default: it is not. */
  readonly isDevelopment?: boolean;
  readonly catalog: CatalogReader;
  readonly delivery: DeliveryQueue;
  readonly stageJobs: StageJobs;
  readonly errors: ErrorReporter;
  readonly errorQueues: ErrorQueues;
  readonly alerts: Alerts;
  readonly durability: Durability;
  readonly clock: Clock;
  readonly random: Random;
  readonly ids: IdSource;
}
