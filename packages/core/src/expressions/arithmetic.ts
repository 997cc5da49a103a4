import { ExpressionMistake } from './expression-problem.js';
import { Fault } from './fault.js';
import { kindOf, nameOf } from './kind.js';
import type { Operation, Pair } from './operation.js';
import { ARITHMETIC, type ArithmeticOperator, type OperatorRow } from './operator-table.js';

/** `+`, `-`, `*`, `/`, `%`: the rows of the table that the kinds on both sides leave possible. */
export function arithmetic(op: ArithmeticOperator, pair: Pair, text: string): Operation {
  const [left, right] = pair;
  const possible = ARITHMETIC[op].filter(
    (row) =>
      (left.type === 'dyn' || left.type === row.left) && (right.type === 'dyn' || right.type === row.right),
  );
  if (possible.length === 0) throw impossible(op, pair);
  const types = new Set(possible.map(({ gives }) => gives));
  const [type = 'dyn'] = types.size === 1 ? types : [];
  return { type, apply: applyOneOf(possible, op, text) };
}

function impossible(op: ArithmeticOperator, [left, right]: Pair): ExpressionMistake {
  const reason = `${nameOf(left.type)} ${op} ${nameOf(right.type)} is not possible`;
  const rows = ARITHMETIC[op].filter((row) => row.left === left.type);
  if (rows.length === 0) return new ExpressionMistake(reason, 'numbers', left.node.start);
  const partners = new Set(rows.map((row) => nameOf(row.right)));
  return new ExpressionMistake(reason, [...partners].join(' or '), right.node.start);
}

function applyOneOf(rows: readonly OperatorRow[], op: ArithmeticOperator, text: string): Operation['apply'] {
  return (left, right, budget) => {
    const [leftKind, rightKind] = [kindOf(left), kindOf(right)];
    const row = rows.find((each) => each.left === leftKind && each.right === rightKind);
    if (row !== undefined) return row.apply(left, right, budget);
    return new Fault(`${text}: ${nameOf(leftKind)} ${op} ${nameOf(rightKind)} is not possible`);
  };
}
