import * as z from 'zod';
import { compileExpression, describeProblem, MAX_EXPRESSION_LENGTH } from '../expressions/index.js';
import { acceptedTexts } from './field-types.js';

/**
 * Source of a condition in CEL that compiles over the variables named. What does not is refused with the place of the
 * mistake in it.
 */
export function expressionOver(...variables: readonly string[]): z.ZodString {
  return z
    .string()
    .min(1)
    .max(MAX_EXPRESSION_LENGTH)
    .superRefine((source, context) => {
      checkExpression(source, variables, context);
    })
    .register(acceptedTexts, { accepted: 'an expression of 1 to 4096 characters' });
}

function checkExpression(source: string, variables: readonly string[], context: z.RefinementCtx): void {
  if (source.length === 0 || source.length > MAX_EXPRESSION_LENGTH) return;
  const compiled = compileExpression(source, variables);
  if (compiled.ok) return;
  const { accepted, offset } = compiled.problem;
  context.addIssue({
    code: 'custom',
    message: describeProblem(compiled.problem),
    params: { accepted, offset },
  });
}
