import { expect, it } from '@jest/globals';

import { bodyHeartbeat, frozenAfterMs, heartbeatMonitoring, leaseMs } from './13-heartbeat-monitoring.js';

it('leases for as many heartbeats as may be missed', () => {
  const of = (interval: number, multiplier: number): number =>
    leaseMs({
      EXECUTOR_HEARTBEAT_INTERVAL_SECONDS: interval,
      EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER: multiplier,
    });
  expect(of(30, 3)).toBe(90_000);
  expect(of(5, 1.5)).toBe(7_500);
});

it.each([
  [1001, 'ALIVE'],
  [1000, 'MISSED'],
  [999, 'MISSED'],
  [undefined, 'MISSED'],
])('a lease until %s is at 1000 %s', (leaseExpires, expected) => {
  expect(heartbeatMonitoring(leaseExpires, 1000)).toBe(expected);
});

it('freezes bodies before the lease is over', () => {
  expect(frozenAfterMs(90_000)).toBe(63_000);
});

it.each([
  [0, 3, 'ALIVE'],
  [2, 3, 'ALIVE'],
  [3, 3, 'MISSED'],
  [3, 3.5, 'ALIVE'],
  [1, 1, 'MISSED'],
])('a body that has missed %s heartbeats of at most %s is %s', (missed, missed_heartbeat_limit, expected) => {
  expect(bodyHeartbeat(missed, { missed_heartbeat_limit })).toBe(expected);
});
