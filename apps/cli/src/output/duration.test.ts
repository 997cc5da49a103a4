import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { formatDuration, formatElapsed, formatRelative } from './duration.js';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** What a duration says, in milliseconds, and its smallest unit. */
function read(text: string): { ms: number; unit: number } {
  const parts = [...text.matchAll(/([\d.]+) (ms|[smhd])/g)].map(([, count = '', unit = '']) => ({
    count: Number(count),
    unit: UNITS[unit] ?? NaN,
  }));
  return {
    ms: parts.reduce((sum, { count, unit }) => sum + count * unit, 0),
    unit: parts.at(-1)?.unit ?? NaN,
  };
}

describe('formatDuration', () => {
  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1000, '1.0 s'],
    [59_949, '59.9 s'],
    [59_950, '1 m'],
    [125_000, '2 m 5 s'],
    [3_600_000, '1 h'],
    [11_040_000, '3 h 4 m'],
    [183_600_000, '2 d 3 h'],
    [-5, '0 ms'],
  ])('writes %d ms as %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('is never further from the truth than its two units tell', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 400 * 86_400_000 }), (ms) => {
        const { ms: said, unit } = read(formatDuration(ms));
        // The units below the two that are written are left out: up to an hour beside days, a minute beside hours.
        const left = ms >= 86_400_000 ? UNITS['h'] : ms >= 3_600_000 ? UNITS['m'] : Math.min(unit, 1000);
        expect(Math.abs(said - ms)).toBeLessThanOrEqual(left ?? 0);
      }),
    );
  });
});

describe('formatRelative', () => {
  const now = Date.parse('2026-11-23T12:00:00Z');

  it.each([
    ['2026-11-23T12:04:10Z', 'in 4 m 10 s'],
    ['2026-11-23T08:58:00Z', '3 h 2 m ago'],
    ['2026-11-23T12:00:00.500Z', 'now'],
    ['soon', 'soon'],
    [null, ''],
  ])('sees %s as %s', (instant, text) => {
    expect(formatRelative(instant, now)).toBe(text);
  });
});

describe('formatElapsed', () => {
  const now = Date.parse('2026-11-23T12:00:10Z');

  it('counts up to now while there is no end', () => {
    expect(formatElapsed('2026-11-23T12:00:00Z', null, now)).toBe('10.0 s');
    expect(formatElapsed('2026-11-23T12:00:00Z', '2026-11-23T12:00:02Z', now)).toBe('2.0 s');
    expect(formatElapsed(null, null, now)).toBe('');
  });
});
