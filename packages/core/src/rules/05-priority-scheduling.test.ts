import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import { MICROSECONDS_PER_POINT, priorityScheduling, type QueuedPriority } from './05-priority-scheduling.js';

const waiting: fc.Arbitrary<QueuedPriority> = fc.record({
  priority: fc.integer({ min: -1000, max: 1000 }),
  queued_ms: fc.integer({ min: 1_700_000_000_000, max: 1_800_000_000_000 }),
});

it('gains a point for each minute', () => {
  const queued = { priority: 5, queued_ms: 1_000_000 };
  expect(priorityScheduling(queued, 1_000_000)).toBe(5);
  expect(priorityScheduling(queued, 1_090_000)).toBe(6.5);
});

it('orders what waits in the same way at every instant: by the time of queueing less the priority', () => {
  const scoreOf = ({ priority, queued_ms }: QueuedPriority): number =>
    queued_ms * 1000 - priority * MICROSECONDS_PER_POINT;
  fc.assert(
    fc.property(waiting, waiting, fc.nat(10_000_000), (one, other, later) => {
      const now = Math.max(one.queued_ms, other.queued_ms) + later;
      const ahead = priorityScheduling(one, now) - priorityScheduling(other, now);
      expect(ahead * 60_000).toBeCloseTo((scoreOf(other) - scoreOf(one)) / 1000, 0);
    }),
  );
});
