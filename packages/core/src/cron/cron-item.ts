import { readValues } from './read-values.js';
import type { CronFieldName } from './cron-expression.js';

/** What one field accepts. */
export interface FieldGrammar {
  readonly name: CronFieldName;
  readonly min: number;
  /** The highest number that may be written; for the day of the week 7, which is Sunday again. */
  readonly max: number;
  /** Three-letter names, the first of which stands for `min`. */
  readonly names: readonly string[];
}

/** One member of a field's comma-separated list. */
export interface CronItem {
  readonly values: readonly number[];
  /** `*`, or a step over the whole range. */
  readonly wildcard: boolean;
}

export type ItemReading =
  { readonly ok: true; readonly item: CronItem } | { readonly ok: false; readonly reason: string };

const ITEM = /^(?:(\*)|([0-9A-Z]+)(?:-([0-9A-Z]+))?)(?:\/([0-9]+))?$/;

/**
 * Reads `*`, `n`, `a-b` and their steps (`/s`). `n/s` means from n to the end of the range in steps of s.
 *
 * A range that runs backwards is refused rather than wrapped, as Vixie cron does, save that `SUN` closes a week:
 * `FRI-SUN` is 5-7.
 *
 * @param text - one list member, in upper case
 */
export function readItem(grammar: FieldGrammar, text: string): ItemReading {
  const match = ITEM.exec(text);
  if (match === null) return refuse(`'${text}' is not understood`);
  const [, star, first, last, step] = match;
  const from = star === undefined ? numberOf(grammar, first) : grammar.min;
  if (from === undefined) return refuse(outside(grammar, first));
  const to = rangeEnd(grammar, from, last, star !== undefined || step !== undefined);
  if (to === undefined) return refuse(outside(grammar, last));
  if (to < from) return refuse(`the range '${text}' runs backwards`);
  const every = step === undefined ? 1 : Number(step);
  if (every < 1 || every > size(grammar))
    return refuse(`the step ${step} in '${text}' is not 1 to ${size(grammar)}`);
  const wildcard = star !== undefined || (step !== undefined && last === undefined && from === grammar.min);
  return { ok: true, item: { values: values(grammar, from, to, every), wildcard } };
}

function values(grammar: FieldGrammar, from: number, to: number, step: number): readonly number[] {
  if (from === to) return [from];
  return readValues(grammar.name, step === 1 ? `${from}-${to}` : `${from}-${to}/${step}`);
}

/** How many different values the field has. */
function size(grammar: FieldGrammar): number {
  return lastValue(grammar) - grammar.min + 1;
}

function lastValue(grammar: FieldGrammar): number {
  return grammar.name === 'day_of_week' ? 6 : grammar.max;
}

function rangeEnd(
  grammar: FieldGrammar,
  from: number,
  last: string | undefined,
  open: boolean,
): number | undefined {
  if (last === undefined) return open ? Math.max(from, lastValue(grammar)) : from;
  if (grammar.name === 'day_of_week' && last === 'SUN' && from > 0) return 7;
  return numberOf(grammar, last);
}

/** The number a digit string or a name stands for; undefined if the field has no such value. */
export function numberOf(grammar: FieldGrammar, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,2}$/.test(text)) {
    const value = Number(text);
    return value >= grammar.min && value <= grammar.max ? value : undefined;
  }
  const index = grammar.names.indexOf(text);
  return index < 0 ? undefined : grammar.min + index;
}

export function outside(grammar: FieldGrammar, text: string | undefined): string {
  const value = text ?? '';
  if (/^\d+$/.test(value)) return `${value} is not within ${grammar.min}-${grammar.max}`;
  return grammar.names.length > 0
    ? `'${value}' is neither a number nor a name`
    : `'${value}' is not a number`;
}

function refuse(reason: string): ItemReading {
  return { ok: false, reason };
}
