import type { WorkBudget } from '../bounds/work-budget.js';
import { WIDE_KEYWORDS } from './keywords.js';

/** A keyword of ours that every part of a schema gets: whenever the part is looked at, it pays. */
export const METER = 'phi:meter';

/** What looking at a part costs. */
export interface Meter {
  /** Steps, whatever the value. */
  readonly steps: number;
  /** Whether every member of a list or a mapping is looked at. */
  readonly is_wide: boolean;
}

/** Characters that a length or a choice is measured by in a step. */
const CHARACTERS_PER_STEP = 32;

/** A check that ends because it would go on too long. */
export class CheckExhausted extends Error {
  override readonly name = 'CheckExhausted';
}

export function meterOf(part: Readonly<Record<string, unknown>>): Meter {
  return {
    steps: Object.values(part).reduce((sum: number, value) => sum + entriesOf(value), 1),
    is_wide: Object.keys(part).some((keyword) => WIDE_KEYWORDS.has(keyword)),
  };
}

/** @throws CheckExhausted */
export function payFor({ steps, is_wide }: Meter, value: unknown, budget: WorkBudget): void {
  pay(steps + (typeof value === 'string' ? value.length / CHARACTERS_PER_STEP : 0), budget);
  if (is_wide) pay(entriesOf(value), budget);
}

/** @throws CheckExhausted */
export function pay(steps: number, budget: WorkBudget): void {
  if (!budget.spend(steps)) throw new CheckExhausted();
}

function entriesOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  return Array.isArray(value) ? value.length : Object.keys(value).length;
}
