import type { WorkBudget } from '../bounds/work-budget.js';
import type { Compiled } from './compiled.js';
import type { StaticType } from './kind.js';

/** The two sides of an operator. */
export type Pair = readonly [left: Compiled, right: Compiled];

/** Computes an operator's value, or a Fault, from the values of its sides. */
export type Apply = (left: unknown, right: unknown, budget: WorkBudget) => unknown;

/** An operator, its sides checked. */
export interface Operation {
  readonly type: StaticType;
  readonly apply: Apply;
}
