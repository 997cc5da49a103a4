import type { ASTNode } from '@marcbachmann/cel-js';
import { compilePattern, MAX_PATTERN_LENGTH } from '../bounds/compile-pattern.js';
import { textOf, type Compiled, type Context } from './compiled.js';
import { ExpressionMistake } from './expression-problem.js';
import { EXHAUSTED, Fault } from './fault.js';
import { kindOf, nameOf } from './kind.js';

/**
 * `text.matches(pattern)`, on re2js. The pattern must be written out: it is compiled with the expression, and an
 * event cannot bring one of its own.
 */
export function compileMatches(
  node: ASTNode,
  receiver: ASTNode,
  [written]: readonly ASTNode[],
  context: Context,
): Compiled {
  const text = context.compile(receiver, context);
  if (text.type !== 'dyn' && text.type !== 'string')
    throw new ExpressionMistake(`${nameOf(text.type)} does not match patterns`, 'a string', receiver.start);
  if (written?.op !== 'value' || typeof written.args !== 'string')
    throw new ExpressionMistake(
      'matches needs its pattern in quotes',
      `a pattern of at most ${String(MAX_PATTERN_LENGTH)} characters, such as r"^s3://[^/]+/"`,
      (written ?? node).start,
    );
  const compiled = compilePattern(written.args, 'RE2');
  if (!compiled.ok) throw new ExpressionMistake(compiled.reason, compiled.accepted, written.start);
  const { pattern } = compiled;
  const run: Compiled['run'] = (frame) => {
    const value = text.run(frame);
    if (value instanceof Fault) return value;
    if (typeof value !== 'string')
      return new Fault(`${textOf(context, node)}: ${nameOf(kindOf(value))} does not match patterns`);
    return frame.budget.spend(pattern.costOf(value)) ? pattern.test(value) : EXHAUSTED;
  };
  return { node, type: 'bool', size: text.size + 1, run };
}
