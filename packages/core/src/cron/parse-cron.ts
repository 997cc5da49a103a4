import type { CronExpression, CronProblem } from './cron-expression.js';
import { CRON_FIELDS } from './cron-expression.js';
import type { FieldReading } from './cron-field.js';
import { readField } from './cron-field.js';

export type CronParseResult =
  { readonly ok: true; readonly cron: CronExpression } | ({ readonly ok: false } & CronProblem);

const MACROS: ReadonlyMap<string, string> = new Map([
  ['@yearly', '0 0 1 1 *'],
  ['@annually', '0 0 1 1 *'],
  ['@monthly', '0 0 1 * *'],
  ['@weekly', '0 0 * * 0'],
  ['@daily', '0 0 * * *'],
  ['@midnight', '0 0 * * *'],
  ['@hourly', '0 * * * *'],
]);

const ACCEPTED =
  'five fields (minute hour day_of_month month day_of_week), six with second first, or one of ' +
  [...MACROS.keys()].join(' ');

/** Long enough to list every value of every field, by number or by name. */
const MAX_LENGTH = 1024;

/**
 * Reads a cron expression: five or six fields, names, `L`, `#` and macros (specification: Rule 1; Schedule).
 *
 * Anything else is refused, and the answer names the field, the reason and what would be accepted.
 */
export function parseCron(expression: string): CronParseResult {
  const text = expression.trim();
  if (text.length > MAX_LENGTH) return refuse(`it is longer than ${MAX_LENGTH} characters`);
  if (text === '') return refuse('it is empty');
  const fields = split(text);
  if (typeof fields === 'string') return refuse(fields);
  return compile(expression, fields);
}

/** The six fields as text, or the reason why there are none. */
function split(text: string): readonly string[] | string {
  const macro = text.startsWith('@') ? MACROS.get(text.toLowerCase()) : text;
  if (macro === undefined) return `'${text}' is not a macro`;
  const fields = macro.split(/\s+/);
  if (fields.length === 5) return ['0', ...fields];
  if (fields.length === 6) return fields;
  return `it has ${fields.length} ${fields.length === 1 ? 'field' : 'fields'}`;
}

function compile(expression: string, fields: readonly string[]): CronParseResult {
  const read: FieldReading[] = [];
  for (const [index, name] of CRON_FIELDS.entries()) {
    const reading = readField(name, fields[index] ?? '');
    if (!reading.ok) return { ok: false, field: name, reason: reading.reason, accepted: reading.accepted };
    read.push(reading.field);
  }
  const [second, minute, hour, dayOfMonth, month, dayOfWeek] = read;
  if (!second || !minute || !hour || !dayOfMonth || !month || !dayOfWeek)
    return refuse('it has too few fields');
  return {
    ok: true,
    cron: {
      expression,
      seconds: second.values,
      minutes: minute.values,
      hours: hour.values,
      days_of_month: dayOfMonth.values,
      last_day_of_month: dayOfMonth.last,
      months: month.values,
      days_of_week: dayOfWeek.values,
      nth_weekdays: dayOfWeek.nth,
      days_intersect: dayOfMonth.unrestricted || dayOfWeek.unrestricted,
      fixed_time: !minute.wildcard && !hour.wildcard,
    },
  };
}

function refuse(reason: string): CronParseResult {
  return { ok: false, field: 'cron_expression', reason, accepted: ACCEPTED };
}
