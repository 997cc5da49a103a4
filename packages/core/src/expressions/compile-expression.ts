import { TextCache } from '../bounds/text-cache.js';
import { WorkBudget } from '../bounds/work-budget.js';
import type { Compiled } from './compiled.js';
import { compileNode } from './compile-node.js';
import { ExpressionMistake, problemAt, type ExpressionProblem } from './expression-problem.js';
import { EXHAUSTED, Fault } from './fault.js';
import { kindOf, nameOf } from './kind.js';
import { MAX_EVALUATION_STEPS, MAX_EXPRESSION_LENGTH } from './limits.js';
import { parseExpression } from './parse-expression.js';

export type Evaluation =
  { readonly ok: true; readonly value: boolean } | { readonly ok: false; readonly reason: string };

/** A filter or condition, ready to be asked. */
export interface Expression {
  readonly source: string;
  /**
   * Whether it holds. A field that is missing, values that do not go together and too much work are no answer but a
   * reason; nothing is thrown, and the reason quotes the expression, never the data.
   *
   * @param bindings - values of the variables: JSON
   */
  evaluate(bindings: Readonly<Record<string, unknown>>): Evaluation;
}

export type ExpressionResult =
  | { readonly ok: true; readonly expression: Expression }
  | { readonly ok: false; readonly problem: ExpressionProblem };

/** An expression in memory takes up to 75 times its source. */
const cache = new TextCache<ExpressionResult>(1024 * 1024);

/**
 * Reads and checks a condition in CEL (specification: Trigger.filter, Dependency.condition). What it may do and what
 * it may cost is in docs/expressions.md.
 *
 * The same source over the same variables is compiled once.
 *
 * @param source - of 1 to MAX_EXPRESSION_LENGTH characters
 * @param variables - names that it may use, each of any JSON value
 * @returns the expression, or the first mistake and where it stands; nothing is thrown
 */
export function compileExpression(source: string, variables: readonly string[]): ExpressionResult {
  if (source.length > MAX_EXPRESSION_LENGTH) {
    const accepted = `at most ${String(MAX_EXPRESSION_LENGTH)} characters`;
    return refusal(source, new ExpressionMistake('is too long', accepted, MAX_EXPRESSION_LENGTH));
  }
  return cache.get(`${variables.join(',')}\n${source}`, () => compile(source, variables));
}

function compile(source: string, variables: readonly string[]): ExpressionResult {
  try {
    const root = compileRoot(source, variables);
    return { ok: true, expression: { source, evaluate: (bindings) => evaluate(root, variables, bindings) } };
  } catch (error) {
    if (error instanceof ExpressionMistake) return refusal(source, error);
    throw error;
  }
}

function compileRoot(source: string, variables: readonly string[]): Compiled {
  const root = compileNode(parseExpression(source), {
    source,
    names: new Map(variables.map((name, slot) => [name, slot])),
    slots: variables.length,
    depth: 0,
    macros: 0,
    compile: compileNode,
  });
  if (root.type === 'bool' || root.type === 'dyn') return root;
  const reason = `is ${nameOf(root.type)}, not true or false`;
  throw new ExpressionMistake(reason, 'a condition, such as event.data.size > 100', root.node.start);
}

function evaluate(
  { run }: Compiled,
  variables: readonly string[],
  bindings: Readonly<Record<string, unknown>>,
): Evaluation {
  try {
    const budget = new WorkBudget(MAX_EVALUATION_STEPS);
    const value = run({ budget, slots: variables.map((name) => bindingOf(bindings, name)) });
    if (budget.exhausted) return { ok: false, reason: EXHAUSTED.reason };
    if (value instanceof Fault) return { ok: false, reason: value.reason };
    if (typeof value === 'boolean') return { ok: true, value };
    return { ok: false, reason: `is ${nameOf(kindOf(value))}, not true or false` };
  } catch (error) {
    // What is bound may be no JSON after all: a getter that throws, or levels without end.
    return {
      ok: false,
      reason: error instanceof RangeError ? 'is too deep' : 'reads a value that is not JSON',
    };
  }
}

function bindingOf(bindings: Readonly<Record<string, unknown>>, name: string): unknown {
  return Object.hasOwn(bindings, name) ? bindings[name] : new Fault(`${name} is not there`);
}

function refusal(source: string, mistake: ExpressionMistake): ExpressionResult {
  return { ok: false, problem: problemAt(source, mistake) };
}
