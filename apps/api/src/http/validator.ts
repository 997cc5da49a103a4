import { findProblems } from '@phi/core';
import type { FastifySchemaCompiler } from 'fastify';
import type * as z from 'zod';

import { invalid } from './http-problem.js';

/** Checks one part of a request; what is wrong is told field by field, with what would be accepted. */
export const compileValidator: FastifySchemaCompiler<z.ZodType> =
  ({ schema, httpPart }) =>
  (value: unknown) => {
    const parsed = schema.safeParse(value);
    if (parsed.success) return { value: parsed.data };
    const problems = findProblems(schema, value).map(({ field, reason, accepted }) => ({
      field,
      reason,
      accepted,
    }));
    return { error: invalid(httpPart === 'body' ? 422 : 400, problems) };
  };
