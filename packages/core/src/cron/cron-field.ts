import type { CronFieldName, NthWeekday } from './cron-expression.js';
import type { FieldGrammar } from './cron-item.js';
import { numberOf, outside, readItem } from './cron-item.js';

/** What a field stands for. */
export interface FieldReading {
  readonly values: readonly number[];
  /** Whether a list member is `*` or a step over the whole range. */
  readonly wildcard: boolean;
  /** Whether the field, as a whole, excludes nothing: `*` or `*` in steps of one. */
  readonly unrestricted: boolean;
  /** `L` in the day of the month. */
  readonly last: boolean;
  readonly nth: readonly NthWeekday[];
}

export type FieldResult =
  | { readonly ok: true; readonly field: FieldReading }
  | { readonly ok: false; readonly reason: string; readonly accepted: string };

interface Draft {
  readonly values: Set<number>;
  readonly nth: Map<string, NthWeekday>;
  wildcard: boolean;
  last: boolean;
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const GRAMMARS: Readonly<Record<CronFieldName, FieldGrammar>> = {
  second: { name: 'second', min: 0, max: 59, names: [] },
  minute: { name: 'minute', min: 0, max: 59, names: [] },
  hour: { name: 'hour', min: 0, max: 23, names: [] },
  day_of_month: { name: 'day_of_month', min: 1, max: 31, names: [] },
  month: { name: 'month', min: 1, max: 12, names: MONTHS },
  day_of_week: { name: 'day_of_week', min: 0, max: 7, names: WEEKDAYS },
};

const FORMS = 'a list (1,2), a range (1-2), a step (*/2, 1-9/2)';

const ACCEPTED: Readonly<Record<CronFieldName, string>> = {
  second: `0-59, *, ${FORMS}`,
  minute: `0-59, *, ${FORMS}`,
  hour: `0-23, *, ${FORMS}`,
  day_of_month: `1-31, *, L (the month's last day), ${FORMS}`,
  month: `1-12 or JAN-DEC, *, ${FORMS}`,
  day_of_week: `0-7 or SUN-SAT (0 and 7 are Sunday), *, 5#2 (the second Friday), 5L (the last Friday), ${FORMS}`,
};

/** Reads one field of a cron expression. */
export function readField(name: CronFieldName, text: string): FieldResult {
  const draft: Draft = { values: new Set(), nth: new Map(), wildcard: false, last: false };
  for (const item of text.toUpperCase().split(',')) {
    const problem = addItem(draft, GRAMMARS[name], item);
    if (problem !== undefined) return { ok: false, reason: problem, accepted: ACCEPTED[name] };
  }
  return {
    ok: true,
    field: {
      values: [...draft.values].sort((a, b) => a - b),
      wildcard: draft.wildcard,
      unrestricted: text === '*' || text === '*/1',
      last: draft.last,
      nth: [...draft.nth.values()],
    },
  };
}

/** Adds a list member to the draft, or answers what is wrong with it. */
function addItem(draft: Draft, grammar: FieldGrammar, text: string): string | undefined {
  if (text === '') return 'a list member is empty';
  if (text.includes('?')) return "'?' is not accepted; '*' leaves a field open";
  if (grammar.name === 'day_of_month' && text === 'L') {
    draft.last = true;
    return undefined;
  }
  if (grammar.name === 'day_of_week' && (text.includes('#') || /^[0-9A-Z]*L$/.test(text))) {
    return addNthWeekday(draft, grammar, text);
  }
  const reading = readItem(grammar, text);
  if (!reading.ok) return reading.reason;
  for (const value of reading.item.values)
    draft.values.add(grammar.name === 'day_of_week' ? value % 7 : value);
  draft.wildcard ||= reading.item.wildcard;
  return undefined;
}

function addNthWeekday(draft: Draft, grammar: FieldGrammar, text: string): string | undefined {
  const match = /^([0-9A-Z]+?)(?:L|#([0-9]+))$/.exec(text);
  if (match === null)
    return text === 'L' ? "'L' needs the day it is the last of" : `'${text}' is not understood`;
  const [, day, written] = match;
  const weekday = numberOf(grammar, day);
  if (weekday === undefined) return outside(grammar, day);
  const nth = written === undefined ? 'LAST' : toNth(written);
  if (nth === undefined) return `a month has no occurrence ${written} of a day: it is 1 to 5`;
  draft.nth.set(`${weekday % 7}#${nth}`, { weekday: weekday % 7, nth });
  return undefined;
}

function toNth(written: string): NthWeekday['nth'] | undefined {
  return ([1, 2, 3, 4, 5] as const).find((nth) => String(nth) === written);
}
