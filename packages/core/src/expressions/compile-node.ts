import type { ASTNode } from '@marcbachmann/cel-js';
import { nearest } from '../errors/nearest.js';
import { compileCall } from './calls.js';
import type { Compiled, Context } from './compiled.js';
import { ExpressionMistake } from './expression-problem.js';
import { compileField, compileIndex } from './fields.js';
import type { StaticType } from './kind.js';
import { MAX_EXPRESSION_DEPTH } from './limits.js';
import { compileList, compileLiteral, compileMap } from './literals.js';
import { compileChoice, compileJunction, compileNot } from './logic.js';
import { compileMacro } from './macros.js';
import { compileNegation, compileOperation } from './operations.js';

/**
 * Checks a part of an expression and makes a closure of it.
 *
 * @throws ExpressionMistake
 */
export function compileNode(node: ASTNode, outer: Context): Compiled {
  const context = { ...outer, depth: outer.depth + 1 };
  if (context.depth > MAX_EXPRESSION_DEPTH) {
    throw new ExpressionMistake(
      'is nested too deeply',
      `at most ${String(MAX_EXPRESSION_DEPTH)} levels`,
      node.start,
    );
  }
  switch (node.op) {
    case 'value':
      return compileLiteral(node);
    case 'id':
      return compileName(node, node.args, context);
    case '.':
      return compileField(node, node.args, context);
    case '[]':
      return compileIndex(node, node.args, context);
    case 'list':
      return compileList(node, node.args, context);
    case 'map':
      return compileMap(node, node.args, context);
    case '&&':
    case '||':
      return compileJunction(node, node.op, context);
    case '!_':
      return compileNot(node, node.args, context);
    case '-_':
      return compileNegation(node, node.args, context);
    case '?:':
      return compileChoice(node, node.args, context);
    case 'call':
    case 'rcall':
      return compileMacro(node, context) ?? compileCall(node, context);
    case '.?':
    case '[?]':
      throw new ExpressionMistake('optional fields are not supported', 'has(event.data.size)', node.start);
    default:
      return compileOperation(node, node.op, node.args, context);
  }
}

function compileName(node: ASTNode, name: string, { names }: Context): Compiled {
  const slot = names.get(name);
  if (slot === undefined) throw unknownName(name, [...names.keys()], node.start);
  const type: StaticType = 'dyn';
  return { node, type, size: 1, run: ({ slots }) => slots[slot] };
}

function unknownName(name: string, known: readonly string[], offset: number): ExpressionMistake {
  const guess = nearest(name, known);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  return new ExpressionMistake(`${name} is not known${hint}`, known.join(', '), offset);
}
