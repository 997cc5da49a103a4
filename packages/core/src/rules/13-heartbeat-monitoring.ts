import type { PhiConfig } from '../config/parameters.js';
import type { Heartbeat } from '../schema/heartbeat.js';

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

/** Of a lease, the part after which an executor that could not renew it has its bodies frozen. */
const FROZEN_AFTER = 0.7;

/**
 * How long an executor may let its bodies go on after it has asked for a renewal that was granted, in milliseconds: less than the
 * lease, so that they stand still before anybody else may run them.
 */
export function frozenAfterMs(leaseMs: number): number {
  return Math.round(leaseMs * FROZEN_AFTER);
}

/**
 * Whether a body is alive that has missed so many heartbeats in a row (specification: Rule 13, Heartbeat Monitoring). What
 * proves its life is its process' heartbeat or, with `watch_progress`, what the body itself does.
 *
 * @param missed - intervals of `heartbeat_interval_seconds` without a sign of life, time that it was frozen not counted
 */
export function bodyHeartbeat(
  missed: number,
  { missed_heartbeat_limit }: Pick<Heartbeat, 'missed_heartbeat_limit'>,
): 'ALIVE' | 'MISSED' {
  return missed < missed_heartbeat_limit ? 'ALIVE' : 'MISSED';
}
