import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod';
import { DEFAULT_CONFIG, PARAMETER_NAMES, PARAMETERS } from './parameters.js';
import { parseConfig } from './parse-config.js';

const numeric = PARAMETER_NAMES.flatMap((name) => {
  const { schema } = PARAMETERS[name];
  return schema instanceof z.ZodNumber
    ? [{ name, min: Number(schema.minValue), max: Number(schema.maxValue) }]
    : [];
});

/** Default and range of every number, word for word from the specification. */
const SPECIFIED = [
  ['SCHEDULER_POLL_INTERVAL_MS', 1000, 100, 60_000],
  ['SCHEDULER_CATCHUP_LIMIT', 10, 0, 100],
  ['EXECUTOR_PARALLELISM', 20, 1, 100],
  ['EXECUTOR_QUEUE_CAPACITY', 1000, 10, 100_000],
  ['EXECUTOR_HEARTBEAT_INTERVAL_SECONDS', 30, 5, 300],
  ['EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER', 3, 2, 10],
  ['DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS', 300, 30, 3600],
  ['DEPENDENCY_CHECK_INTERVAL_SECONDS', 10, 1, 60],
  ['RETRY_DEFAULT_MAX_ATTEMPTS', 3, 1, 10],
  ['RETRY_DEFAULT_INITIAL_DELAY_SECONDS', 60, 1, 3600],
  ['RETRY_DEFAULT_MAX_DELAY_SECONDS', 3600, 60, 86_400],
  ['RETRY_DEFAULT_BACKOFF_MULTIPLIER', 2, 1, 10],
] as const;

/** Set along, so that a bound of one retry delay does not contradict the other's default. */
const beside = (name: string): Record<string, string> =>
  name === 'RETRY_DEFAULT_MAX_DELAY_SECONDS' ? { RETRY_DEFAULT_INITIAL_DELAY_SECONDS: '1' } : {};

function problemsOf(texts: Record<string, string>): string[] {
  const result = parseConfig(texts);
  return result.ok ? [] : result.problems.map(({ field }) => field);
}

describe('parseConfig', () => {
  it('has the defaults where nothing is given', () => {
    expect(parseConfig({ PATH: '/bin' })).toEqual({ ok: true, config: DEFAULT_CONFIG });
  });

  it.each(SPECIFIED)('%s has the default %d and the range %d to %d', (name, value, min, max) => {
    expect(DEFAULT_CONFIG[name]).toBe(value);
    expect(numeric).toContainEqual({ name, min, max });
  });

  it.each(numeric)('$name accepts $min and $max, and nothing beyond', ({ name, min, max }) => {
    for (const inside of [min, max]) {
      const result = parseConfig({ ...beside(name), [name]: String(inside) });
      expect(result.ok && result.config[name]).toBe(inside);
    }
    for (const outside of [min - 1, max + 1])
      expect(problemsOf({ ...beside(name), [name]: String(outside) })).toEqual([name]);
  });

  it('reads every number in a range back as it was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 60_000 }), (value) => {
        const result = parseConfig({ SCHEDULER_POLL_INTERVAL_MS: String(value) });
        expect(result.ok && result.config.SCHEDULER_POLL_INTERVAL_MS).toBe(value);
      }),
    );
  });

  it.each(['10abc', '', ' ', '1e3', '0x10', '1.5', 'NaN', '1_000', '٣'])(
    'refuses %j as a whole number',
    (text) => {
      expect(problemsOf({ EXECUTOR_PARALLELISM: text })).toEqual(['EXECUTOR_PARALLELISM']);
    },
  );

  it.each([
    ['true', true],
    ['1', true],
    ['false', false],
    ['0', false],
  ])('reads %s as a boolean', (text, value) => {
    const result = parseConfig({ SCHEDULER_ENABLED: text });
    expect(result.ok && result.config.SCHEDULER_ENABLED).toBe(value);
  });

  it('names every wrong parameter at once, with value, reason and what is accepted', () => {
    const result = parseConfig({
      SCHEDULER_ENABLED: 'yes',
      SCHEDULER_TIMEZONE_DEFAULT: 'Mars/Olympus',
      EXECUTOR_PARALLELISM: '101',
      TRANSIENT_ERROR_CODES: 'TIMEOUT,not a code',
      DEFAULT_ERROR_CATEGORY: 'MAYBE',
    });
    expect(result).toEqual({
      ok: false,
      problems: [
        {
          field: 'SCHEDULER_ENABLED',
          value: 'yes',
          reason: '"yes" cannot be read',
          accepted: 'true, false, 1 or 0',
        },
        {
          field: 'SCHEDULER_TIMEZONE_DEFAULT',
          value: 'Mars/Olympus',
          reason: '"Mars/Olympus" is not a time zone that this system knows',
          accepted: 'an IANA time zone such as UTC or Europe/Berlin',
        },
        {
          field: 'EXECUTOR_PARALLELISM',
          value: '101',
          reason: '101 is above the maximum of 100',
          accepted: 'a whole number from 1 to 100',
        },
        {
          field: 'TRANSIENT_ERROR_CODES',
          value: 'TIMEOUT,not a code',
          reason: '"not a code" is not an error code',
          accepted: 'error codes or their names, separated by commas',
        },
        {
          field: 'DEFAULT_ERROR_CATEGORY',
          value: 'MAYBE',
          reason: '"MAYBE" is not one of the values allowed',
          accepted: 'TRANSIENT, PERMANENT, TIMEOUT',
        },
      ],
    });
  });

  it('reads lists of actions, an empty one too, and names what there is', () => {
    const read = (text: string) => parseConfig({ RESOURCE_DISK_ACTIONS: text });
    expect(read('')).toMatchObject({ ok: true, config: { RESOURCE_DISK_ACTIONS: [] } });
    expect(read('QUEUE_ALL, PAUSE_SCHEDULING')).toMatchObject({
      config: { RESOURCE_DISK_ACTIONS: ['QUEUE_ALL', 'PAUSE_SCHEDULING'] },
    });
    expect(read('QUEUE_ALL,PANIC')).toMatchObject({
      problems: [
        {
          field: 'RESOURCE_DISK_ACTIONS',
          value: 'QUEUE_ALL,PANIC',
          accepted:
            'any of PAUSE_SCHEDULING, QUEUE_ALL, REJECT_LOW_PRIORITY, separated by commas; or nothing',
        },
      ],
    });
  });

  it('refuses a longest delay below the first', () => {
    expect(
      problemsOf({ RETRY_DEFAULT_INITIAL_DELAY_SECONDS: '600', RETRY_DEFAULT_MAX_DELAY_SECONDS: '599' }),
    ).toEqual(['RETRY_DEFAULT_MAX_DELAY_SECONDS']);
    expect(
      problemsOf({ RETRY_DEFAULT_INITIAL_DELAY_SECONDS: '600', RETRY_DEFAULT_MAX_DELAY_SECONDS: '600' }),
    ).toEqual([]);
  });
});
