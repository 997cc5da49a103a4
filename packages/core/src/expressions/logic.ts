import type { ASTNode } from '@marcbachmann/cel-js';
import { textOf, type Compiled, type Context } from './compiled.js';
import { ExpressionMistake } from './expression-problem.js';
import { Fault } from './fault.js';
import { kindOf, nameOf } from './kind.js';
import { sizeOf } from './literals.js';

/**
 * `a && b && c` or `a || b || c`. One operand can decide the whole whatever becomes of the others, a fault included:
 * `has(event.x) && event.x > 1` as well as the other way round.
 */
export function compileJunction(node: ASTNode, op: '&&' | '||', context: Context): Compiled {
  const operands = flatten(node, op).map((operand) => compileCondition(operand, context));
  const decisive = op === '||';
  const run: Compiled['run'] = (frame) => {
    let undecided: unknown = !decisive;
    for (const operand of operands) {
      const value = operand.run(frame);
      if (value === decisive) return decisive;
      if (value !== !decisive) undecided = value;
    }
    return undecided;
  };
  return { node, type: 'bool', size: sizeOf(operands) + 1, run };
}

/** The operands of a row of the same operator, without recursion: rows may be long. */
function flatten(node: ASTNode, op: '&&' | '||'): ASTNode[] {
  const operands: ASTNode[] = [];
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next.op === op) open.push(next.args[1], next.args[0]);
    else operands.push(next);
  }
  return operands;
}

export function compileNot(node: ASTNode, operand: ASTNode, context: Context): Compiled {
  const condition = compileCondition(operand, context);
  const run: Compiled['run'] = (frame) => {
    const value = condition.run(frame);
    return typeof value === 'boolean' ? !value : value;
  };
  return { node, type: 'bool', size: condition.size + 1, run };
}

/** `condition ? consequent : alternative` */
export function compileChoice(
  node: ASTNode,
  [asked, left, right]: readonly [ASTNode, ASTNode, ASTNode],
  context: Context,
): Compiled {
  const condition = compileCondition(asked, context);
  const consequent = context.compile(left, context);
  const alternative = context.compile(right, context);
  const run: Compiled['run'] = (frame) => {
    const value = condition.run(frame);
    if (typeof value !== 'boolean') return value;
    return value ? consequent.run(frame) : alternative.run(frame);
  };
  const type = consequent.type === alternative.type ? consequent.type : 'dyn';
  return { node, type, size: sizeOf([condition, consequent, alternative]) + 1, run };
}

/** Compiles what must be true or false: at run time it is that, or a Fault. */
export function compileCondition(node: ASTNode, context: Context): Compiled {
  const compiled = context.compile(node, context);
  if (compiled.type === 'bool') return compiled;
  if (compiled.type !== 'dyn')
    throw new ExpressionMistake(
      `${nameOf(compiled.type)} is neither true nor false`,
      'a condition, such as event.data.size > 100',
      node.start,
    );
  const run: Compiled['run'] = (frame) => {
    const value = compiled.run(frame);
    if (typeof value === 'boolean' || value instanceof Fault) return value;
    return new Fault(`${textOf(context, node)}: ${nameOf(kindOf(value))} is neither true nor false`);
  };
  return { ...compiled, type: 'bool', run };
}
