import { CronExpressionParser } from 'cron-parser';
import type { CronFieldName } from './cron-expression.js';
import { CRON_FIELDS } from './cron-expression.js';

const PARSER_FIELD = {
  second: 'second',
  minute: 'minute',
  hour: 'hour',
  day_of_month: 'dayOfMonth',
  month: 'month',
  day_of_week: 'dayOfWeek',
} as const satisfies Record<CronFieldName, string>;

/**
 * The numbers that a range or stepped range stands for, as cron-parser reads it.
 *
 * cron-parser is given one checked list member at a time: whole expressions it accepts when fields are missing, and
 * refuses when list members overlap or a date never comes.
 *
 * @param text - `a-b` or `a-b/s`, valid for the field
 */
export function readValues(field: CronFieldName, text: string): readonly number[] {
  const expression = CRON_FIELDS.map((name) => (name === field ? text : '*')).join(' ');
  // A current date is of no use here; without one cron-parser would read the clock.
  const parsed = CronExpressionParser.parse(expression, { currentDate: 0, tz: 'UTC' });
  const values: readonly (number | string)[] = parsed.fields[PARSER_FIELD[field]].values;
  return values.filter((value) => typeof value === 'number');
}
