import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fireTimes } from './fire-times.js';
import { latestFireTimes } from './latest-fire-times.js';

const EXPRESSIONS = ['* * * * *', '0 */6 * * *', '0 9 * * MON', '0 0 1 * *', '0 0 29 2 *', '*/7 1-3 * * *'];

it('are the last of all the fire times of a stretch', () => {
  const given = fc.record({
    expression: fc.constantFrom(...EXPRESSIONS),
    after: fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }),
    count: fc.integer({ min: 1, max: 300 }),
    atMost: fc.integer({ min: 1, max: 40 }),
    before: fc.double({ min: 0, max: 1.2, noNaN: true }),
  });
  fc.assert(
    fc.property(given, ({ expression, after, count, atMost, before }) => {
      const schedule = {
        schedule_type: 'CRON',
        cron_expression: expression,
        timezone: 'Europe/Berlin',
      } as const;
      const all = fireTimes(schedule, after * 1000, Infinity, 0, count).times;
      const first_ms = all[0] ?? 0;
      const last_ms = all.at(-1) ?? 0;
      const beforeMs = Math.round(first_ms + (last_ms - first_ms + 1) * before);
      const found = latestFireTimes(schedule, { first_ms, last_ms, count: all.length }, beforeMs, atMost);
      expect(found).toEqual(all.filter((time) => time < beforeMs).slice(-atMost));
    }),
    { numRuns: 50 },
  );
});
