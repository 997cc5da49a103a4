import type { WorkBudget } from '../bounds/work-budget.js';
import { EXHAUSTED, Fault } from './fault.js';
import { Duration, type Kind, type Timestamp, type ValueOf } from './kind.js';
import { COPIED_PER_STEP } from './limits.js';
import { instantAt } from './times.js';
import { wholeNumber } from './whole-numbers.js';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';
export type ComparisonOperator = '<' | '<=' | '>' | '>=';

/** What an operator does with values of two kinds. */
export interface OperatorRow {
  readonly left: Kind;
  readonly right: Kind;
  readonly gives: Kind;
  readonly apply: (left: unknown, right: unknown, budget: WorkBudget) => unknown;
}

function row<Left extends Kind, Right extends Kind, Gives extends Kind>(
  left: Left,
  right: Right,
  gives: Gives,
  apply: (left: ValueOf[Left], right: ValueOf[Right], budget: WorkBudget) => ValueOf[Gives] | Fault,
): OperatorRow {
  return { left, right, gives, apply: apply as OperatorRow['apply'] };
}

/** Two ints give an int; as soon as a double is among them, as every number of JSON is, the result is one. */
function numbers(
  whole: (left: bigint, right: bigint) => bigint | Fault,
  broken: (left: number, right: number) => number | Fault,
): OperatorRow[] {
  return [
    row('double', 'double', 'double', broken),
    row('double', 'int', 'double', (left, right) => broken(left, Number(right))),
    row('int', 'double', 'double', (left, right) => broken(Number(left), right)),
    row('int', 'int', 'int', whole),
  ];
}

function joinTexts(left: string, right: string, budget: WorkBudget): string | Fault {
  return budget.spend((left.length + right.length) / COPIED_PER_STEP) ? left + right : EXHAUSTED;
}

function joinLists(
  left: readonly unknown[],
  right: readonly unknown[],
  budget: WorkBudget,
): readonly unknown[] | Fault {
  return budget.spend((left.length + right.length) / COPIED_PER_STEP) ? [...left, ...right] : EXHAUSTED;
}

const later = (from: Timestamp, by: Duration): Timestamp | Fault => instantAt(from.epochMs + by.milliseconds);

const BY_ZERO = new Fault('a division by zero');

/** Arithmetic (CEL: "Overloads"); doubles have a remainder too, since JSON has no ints. */
export const ARITHMETIC: Readonly<Record<ArithmeticOperator, readonly OperatorRow[]>> = {
  '+': [
    ...numbers(
      (left, right) => wholeNumber(left + right),
      (left, right) => left + right,
    ),
    row('string', 'string', 'string', joinTexts),
    row('list', 'list', 'list', joinLists),
    row('timestamp', 'duration', 'timestamp', later),
    row('duration', 'timestamp', 'timestamp', (by, from) => later(from, by)),
    row('duration', 'duration', 'duration', (a, b) => new Duration(a.milliseconds + b.milliseconds)),
  ],
  '-': [
    ...numbers(
      (left, right) => wholeNumber(left - right),
      (left, right) => left - right,
    ),
    row('timestamp', 'timestamp', 'duration', (a, b) => new Duration(a.epochMs - b.epochMs)),
    row('timestamp', 'duration', 'timestamp', (a, b) => instantAt(a.epochMs - b.milliseconds)),
    row('duration', 'duration', 'duration', (a, b) => new Duration(a.milliseconds - b.milliseconds)),
  ],
  '*': numbers(
    (left, right) => wholeNumber(left * right),
    (left, right) => left * right,
  ),
  '/': numbers(
    (left, right) => (right === 0n ? BY_ZERO : wholeNumber(left / right)),
    (left, right) => left / right,
  ),
  '%': numbers(
    (left, right) => (right === 0n ? BY_ZERO : left % right),
    (left, right) => (right === 0 ? BY_ZERO : left % right),
  ),
};
