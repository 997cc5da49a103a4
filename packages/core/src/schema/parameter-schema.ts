import * as z from 'zod';
import { compileParameterSchema } from '../parameters/index.js';
import { acceptedTexts } from './field-types.js';
import type { JsonObject } from './json.js';

/** A JSON Schema for the parameters of a job. What does not compile is refused with the place of the mistake in it. */
export const parameterSchema = z
  .unknown()
  .superRefine((schema, context) => {
    const compiled = compileParameterSchema(schema);
    if (compiled.ok) return;
    for (const { path, reason, accepted } of compiled.problems)
      context.addIssue({ code: 'custom', path, message: reason, params: { accepted } });
  })
  .register(acceptedTexts, { accepted: 'a JSON Schema' })
  .meta({ type: 'object', additionalProperties: true }) as unknown as z.ZodType<JsonObject, JsonObject>;
