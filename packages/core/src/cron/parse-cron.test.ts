import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CronExpression } from './cron-expression.js';
import { parseCron } from './parse-cron.js';

function read(expression: string): CronExpression {
  const parsed = parseCron(expression);
  if (!parsed.ok) throw new Error(`${expression}: ${parsed.field}: ${parsed.reason}`);
  return parsed.cron;
}

describe('parseCron refuses, naming the field', () => {
  it.each([
    ['', 'cron_expression', 'empty'],
    ['   ', 'cron_expression', 'empty'],
    ['*', 'cron_expression', '1 field'],
    ['* * *', 'cron_expression', '3 fields'],
    ['* * * *', 'cron_expression', '4 fields'],
    ['0 0 0 1 1 * 2026', 'cron_expression', '7 fields'],
    ['@reboot', 'cron_expression', '@reboot'],
    ['@every 5m', 'cron_expression', '@every'],
    [`${'0,'.repeat(600)}0 * * * *`, 'cron_expression', '1024'],
    ['60 * * * * *', 'second', '60'],
    ['61 * * * *', 'minute', '61'],
    ['-1 * * * *', 'minute', '-1'],
    ['1.5 * * * *', 'minute', '1.5'],
    ['*/0 * * * *', 'minute', 'step 0'],
    ['*/90 * * * *', 'minute', 'step 90'],
    ['5-1 * * * *', 'minute', 'backwards'],
    ['1-2-3 * * * *', 'minute', '1-2-3'],
    ['*/5/2 * * * *', 'minute', '*/5/2'],
    ['1,,2 * * * *', 'minute', 'empty'],
    ['? * * * *', 'minute', '?'],
    ['H * * * *', 'minute', 'H'],
    ['* 24 * * *', 'hour', '24'],
    ['* 22-2 * * *', 'hour', 'backwards'],
    ['0 0 0 * *', 'day_of_month', '0'],
    ['0 0 32 * *', 'day_of_month', '32'],
    ['0 0 15W * *', 'day_of_month', '15W'],
    ['0 0 1-L * *', 'day_of_month', 'L'],
    ['0 0 * 13 *', 'month', '13'],
    ['0 0 * FOO *', 'month', 'FOO'],
    ['0 0 * JANUARY *', 'month', 'JANUARY'],
    ['0 0 * * 8', 'day_of_week', '8'],
    ['0 0 * * L', 'day_of_week', 'L'],
    ['0 0 * * 5#6', 'day_of_week', '6'],
    ['0 0 * * 5#0', 'day_of_week', '0'],
    ['0 0 * * MON#1-3', 'day_of_week', 'MON#1-3'],
    ['0 0 * * SAT-MON', 'day_of_week', 'backwards'],
  ])('%j', (expression, field, reason) => {
    const parsed = parseCron(expression);
    expect(parsed).toMatchObject({ ok: false, field, reason: expect.stringContaining(reason) });
    expect(parsed.ok || parsed.accepted.length > 0).toBe(true);
  });
});

describe('parseCron reads', () => {
  it.each([
    ['@yearly', '0 0 1 1 *'],
    ['@annually', '0 0 1 1 *'],
    ['@monthly', '0 0 1 * *'],
    ['@weekly', '0 0 * * 0'],
    ['@daily', '0 0 * * *'],
    ['@midnight', '0 0 * * *'],
    ['@Hourly', '0 * * * *'],
    ['5 4 * * *', '0 5 4 * * *'],
    ['  5\t4 *  * * ', '5 4 * * *'],
    ['0 0 * jan,DEC Mon-fri', '0 0 * 1,12 1-5'],
    ['0 0 * * 7', '0 0 * * 0'],
    ['0 0 * * FRI-SUN', '0 0 * * 0,5,6'],
    ['0 0 * * 5-7', '0 0 * * 0,5,6'],
    ['1,1,2-4,3 05 * * *', '1-4 5 * * *'],
    ['5/20 0 * * *', '5,25,45 0 * * *'],
    ['0 0 * * 1/2', '0 0 * * 1,3,5'],
    ['0 0 * * SUN#1,sunL', '0 0 * * 0#1,7L'],
  ])('%j as %j', (expression, same) => {
    expect({ ...read(expression), expression: '' }).toEqual({ ...read(same), expression: '' });
  });

  it.each([
    ['0 0 * * *', true],
    ['0,30 1-3 * * *', true],
    ['0-59/20 0-23/2 * * *', true],
    ['*/30 30 2 * * *', true],
    ['5/20 2 * * *', true],
    ['* 2 * * *', false],
    ['0 * * * *', false],
    ['*/15 2 * * *', false],
    ['0 */2 * * *', false],
    ['0 0/2 * * *', false],
    ['0 1,* * * *', false],
  ])('%j as fixed in time: %j', (expression, fixed) => {
    expect(read(expression).fixed_time).toBe(fixed);
  });

  it.each([
    ['0 0 13 * 5', false],
    ['0 0 */2 * 5', false],
    ['0 0 1-31 * 5', false],
    ['0 0 L * 5#1', false],
    ['0 0 * * 5', true],
    ['0 0 13 * *', true],
    ['0 0 */1 * 5', true],
  ])('%j as days that intersect: %j', (expression, intersect) => {
    expect(read(expression).days_intersect).toBe(intersect);
  });

  it('every string as an expression or a problem with all its parts', () => {
    const token = fc.constantFrom(...'0123456789*/,-#L?@é'.split(''), ' ', ' ', ' ', 'MON', 'JAN', '\t');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(token).map((tokens) => tokens.join('')),
        ),
        (text) => {
          const parsed = parseCron(text);
          if (parsed.ok) return parsed.cron.seconds.length > 0 && parsed.cron.hours.length > 0;
          return parsed.field !== undefined && parsed.reason !== '' && parsed.accepted !== '';
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
