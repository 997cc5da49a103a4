import { expect, it } from '@jest/globals';
import { WEEKDAYS } from '../schema/execution-window.js';
import { executionWindowRestriction, windowEntryRestriction } from './17-execution-window-restriction.js';

const daytime = [{ start: '06:00', end: '22:00', days: [...WEEKDAYS] }];

it.each([
  [daytime, true, '2026-07-01T04:00Z', 'RUN'],
  [daytime, true, '2026-07-01T03:59Z', 'SKIP'],
  [daytime, false, '2026-07-01T03:59Z', 'HOLD'],
  [daytime, true, '2026-07-01T20:00Z', 'SKIP'],
  [[], true, '2026-07-01T03:59Z', 'RUN'],
])(
  '%j, skip_outside_window %p, at %s in Berlin: %s',
  (execution_windows, skip_outside_window, at, expected) => {
    const job = { execution_windows, skip_outside_window };
    expect(executionWindowRestriction(job, 'Europe/Berlin', Date.parse(at))).toBe(expected);
  },
);

const window = { from: 100, opens: 200, closes: 300, skip: true, lane: '' };

it.each([
  ['no window', undefined, 150, 'RUN'],
  ['before it opens', window, 199, 'SKIP'],
  ['before it opens, held', { ...window, skip: false }, 199, 'HOLD'],
  ['within', window, 200, 'RUN'],
  ['at its end, when the next is not known', window, 300, 'HOLD'],
  ['before it was written', window, 99, 'HOLD'],
  ['too late to fit', { ...window, fits: 250 }, 250, 'SKIP'],
  ['never closing', { ...window, closes: Infinity }, 1e15, 'RUN'],
])('of a window as the store knows it, %s: %#', (_name, entry, nowMs, expected) => {
  expect(windowEntryRestriction({ window: entry, is_retry: false }, nowMs)).toBe(expected);
});

it('never skips a retry', () => {
  expect(windowEntryRestriction({ window, is_retry: true }, 199)).toBe('HOLD');
});
