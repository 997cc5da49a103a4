import type { ASTNode, BinaryOperator } from '@marcbachmann/cel-js';
import { arithmetic } from './arithmetic.js';
import { comparison, equality, membership, negated } from './comparisons.js';
import { textOf, type Compiled, type Context } from './compiled.js';
import { ExpressionMistake } from './expression-problem.js';
import { Fault } from './fault.js';
import { familyOf, kindOf, nameOf } from './kind.js';
import type { Operation, Pair } from './operation.js';
import { wholeNumber } from './whole-numbers.js';

/** `left op right`, for everything but `&&` and `||`. */
export function compileOperation(
  node: ASTNode,
  op: BinaryOperator,
  [left, right]: readonly [ASTNode, ASTNode],
  context: Context,
): Compiled {
  const pair: Pair = [context.compile(left, context), context.compile(right, context)];
  const { type, apply } = operationOf(op, pair, textOf(context, node));
  const [first, second] = pair;
  const run: Compiled['run'] = (frame) => {
    const leftValue = first.run(frame);
    if (leftValue instanceof Fault) return leftValue;
    const rightValue = second.run(frame);
    return rightValue instanceof Fault ? rightValue : apply(leftValue, rightValue, frame.budget);
  };
  return { node, type, size: first.size + second.size + 1, run };
}

function operationOf(op: BinaryOperator, pair: Pair, text: string): Operation {
  switch (op) {
    case '==':
      return { type: 'bool', apply: equality(pair) };
    case '!=':
      return { type: 'bool', apply: negated(equality(pair)) };
    case 'in':
      return { type: 'bool', apply: membership(pair, text) };
    case '<':
    case '<=':
    case '>':
    case '>=':
      return { type: 'bool', apply: comparison(op, pair, text) };
    default:
      return arithmetic(op, pair, text);
  }
}

/** `-operand` */
export function compileNegation(node: ASTNode, operand: ASTNode, context: Context): Compiled {
  const compiled = context.compile(operand, context);
  const { type, run } = compiled;
  if (type !== 'dyn' && familyOf(type) !== 'number')
    throw new ExpressionMistake(`${nameOf(type)} has no negative`, 'a number', node.start);
  const negate: Compiled['run'] = (frame) => {
    const value = run(frame);
    if (typeof value === 'number') return -value;
    if (typeof value === 'bigint') return wholeNumber(-value);
    if (value instanceof Fault) return value;
    return new Fault(`${textOf(context, node)}: ${nameOf(kindOf(value))} has no negative`);
  };
  return { node, type, size: compiled.size + 1, run: negate };
}
