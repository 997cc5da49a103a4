export { compileExpression } from './compile-expression.js';
export type { Evaluation, Expression, ExpressionResult } from './compile-expression.js';
export { describeProblem } from './expression-problem.js';
export type { ExpressionProblem } from './expression-problem.js';
export { MAX_EXPRESSION_LENGTH } from './limits.js';
