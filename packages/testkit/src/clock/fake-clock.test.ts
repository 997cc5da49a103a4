import { describe, expect, it } from '@jest/globals';

import { FakeClock } from './fake-clock.js';

describe('FakeClock', () => {
  it('stands still until it is moved', () => {
    const clock = new FakeClock('2026-03-08T07:00:00.000Z');
    const first = clock.now();
    expect(clock.now()).toBe(first);
    clock.advance(1_500);
    expect(new Date(clock.now()).toISOString()).toBe('2026-03-08T07:00:01.500Z');
  });

  it('goes backwards only when it is set', () => {
    const clock = new FakeClock(1_000);
    expect(() => clock.advance(-1)).toThrow('ms must be at least 0, got -1');
    expect(clock.set(400)).toBe(400);
  });

  it('refuses what is no instant', () => {
    expect(() => new FakeClock('yesterday')).toThrow('not an instant: yesterday');
  });
});
