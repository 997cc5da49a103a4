import { describe, expect, it } from '@jest/globals';
import { executionWindowTimezone } from './execution-window-timezone.js';

describe('executionWindowTimezone', () => {
  const schedule = { timezone: 'Europe/Berlin' };

  it.each([
    [{ execution_window_timezone: 'Asia/Tokyo', schedule }, 'Asia/Tokyo'],
    [{ execution_window_timezone: null, schedule }, 'Europe/Berlin'],
    [{ execution_window_timezone: null, schedule: null }, 'UTC'],
  ])('of %j is %s', (job, expected) => {
    expect(executionWindowTimezone(job, 'UTC')).toBe(expected);
  });
});
