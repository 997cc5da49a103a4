import { expect, it } from '@jest/globals';
import { WEEKDAYS } from '../schema/execution-window.js';
import { executionWindowRestriction } from './17-execution-window-restriction.js';

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
