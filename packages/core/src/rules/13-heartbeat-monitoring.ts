import type { PhiConfig } from '../config/parameters.js';

/**
 * How long an executor's lease lasts unless it is renewed, in milliseconds: as many heartbeats as may be missed (specification:
 * Rule 13, Heartbeat Monitoring; EXECUTOR_HEARTBEAT_*).
 */
export function leaseMs(
  config: Pick<PhiConfig, 'EXECUTOR_HEARTBEAT_INTERVAL_SECONDS' | 'EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER'>,
): number {
  return Math.round(
    config.EXECUTOR_HEARTBEAT_INTERVAL_SECONDS * config.EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER * 1000,
  );
}

/**
 * Whether an executor is alive (specification: Rule 13, Heartbeat Monitoring): one that has not renewed its lease is taken for
 * dead, and what it held is taken back.
 *
 * Decided by `lease.is_live` of the store, by Redis' clock; this states what it decides.
 *
 * @param leaseExpires - epoch milliseconds; undefined once the lease was taken back
 */
export function heartbeatMonitoring(leaseExpires: number | undefined, nowMs: number): 'ALIVE' | 'MISSED' {
  return leaseExpires !== undefined && leaseExpires > nowMs ? 'ALIVE' : 'MISSED';
}
