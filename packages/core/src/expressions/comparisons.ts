import type { Compiled } from './compiled.js';
import { areEqual, isIn } from './equality.js';
import { ExpressionMistake } from './expression-problem.js';
import { Fault } from './fault.js';
import { Duration, familyOf, kindOf, nameOf, Timestamp, type StaticType } from './kind.js';
import { COMPARED_PER_STEP } from './limits.js';
import type { Apply, Pair } from './operation.js';
import type { ComparisonOperator } from './operator-table.js';

/** Values of different kinds are never equal; where that is known beforehand, it is a mistake. */
export function equality([left, right]: Pair): Apply {
  const isOpen = [left.type, right.type].some((type) => type === 'dyn' || type === 'null');
  if (isOpen || familyOf(left.type) === familyOf(right.type)) return areEqual;
  throw mismatch(`${nameOf(left.type)} and ${nameOf(right.type)} are never equal`, left.type, right);
}

/** The opposite of an equality. */
export const negated =
  (apply: Apply): Apply =>
  (left, right, budget) =>
    apply(left, right, budget) !== true;

/** `value in holder` */
export function membership([, right]: Pair, text: string): Apply {
  if (right.type !== 'dyn' && right.type !== 'list' && right.type !== 'map')
    throw new ExpressionMistake(`nothing is in ${nameOf(right.type)}`, 'a list or a map', right.node.start);
  return (value, holder, budget) => {
    const kind = kindOf(holder);
    if (kind === 'list' || kind === 'map') return isIn(value, holder, budget);
    return new Fault(`${text}: nothing is in ${nameOf(kind)}`);
  };
}

const ORDERED: ReadonlySet<unknown> = new Set(['dyn', 'number', 'string', 'bool', 'timestamp', 'duration']);

/** `<`, `<=`, `>`, `>=`: numbers of both kinds, and otherwise values of one kind. */
export function comparison(op: ComparisonOperator, [left, right]: Pair, text: string): Apply {
  for (const { type, node } of [left, right]) {
    if (!ORDERED.has(familyOf(type)))
      throw new ExpressionMistake(`${nameOf(type)} has no order`, 'numbers, strings or times', node.start);
  }
  const isOpen = left.type === 'dyn' || right.type === 'dyn';
  if (!isOpen && familyOf(left.type) !== familyOf(right.type))
    throw mismatch(`${nameOf(left.type)} does not compare with ${nameOf(right.type)}`, left.type, right);
  return (leftValue, rightValue, budget) => {
    const [leftKind, rightKind] = [kindOf(leftValue), kindOf(rightValue)];
    const family = familyOf(leftKind);
    if (family !== familyOf(rightKind) || !ORDERED.has(family))
      return new Fault(`${text}: ${nameOf(leftKind)} does not compare with ${nameOf(rightKind)}`);
    budget.spend(typeof leftValue === 'string' ? leftValue.length / COMPARED_PER_STEP : 1);
    return holds(op, rank(leftValue), rank(rightValue));
  };
}

/** What a value's order goes by. */
function rank(value: unknown): number | string {
  if (value instanceof Timestamp) return value.epochMs;
  // Numbers of both kinds and strings compare as they are; a bigint only looks like one here.
  return value instanceof Duration ? value.milliseconds : (value as number | string);
}

function holds(op: ComparisonOperator, left: number | string, right: number | string): boolean {
  switch (op) {
    case '<':
      return left < right;
    case '<=':
      return left <= right;
    case '>':
      return left > right;
    case '>=':
      return left >= right;
  }
}

function mismatch(reason: string, wanted: StaticType, { node }: Compiled): ExpressionMistake {
  return new ExpressionMistake(reason, nameOf(wanted), node.start);
}
