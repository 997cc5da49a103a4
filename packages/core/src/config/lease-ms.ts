import type { PhiConfig } from './parameters.js';

/** How long an executor's lease lasts unless it is renewed, in milliseconds (specification: EXECUTOR_HEARTBEAT_*). */
export function leaseMs(
  config: Pick<PhiConfig, 'EXECUTOR_HEARTBEAT_INTERVAL_SECONDS' | 'EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER'>,
): number {
  return Math.round(
    config.EXECUTOR_HEARTBEAT_INTERVAL_SECONDS * config.EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER * 1000,
  );
}
