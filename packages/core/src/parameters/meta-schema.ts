import { Ajv, type ErrorObject } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonFault } from '../schema/json.js';
import { describeViolations } from './describe-violation.js';
import type { Draft } from './keywords.js';
import { formatPointer } from './pointer.js';

const validators = new Map<Draft, Ajv>();

/** Where a schema is none, by the draft's own schema. */
export function metaSchemaProblems(schema: object, draft: Draft): JsonFault[] {
  const ajv = validatorOf(draft);
  if (ajv.validateSchema(schema, false) === true) return [];
  const errors: readonly ErrorObject[] = ajv.errors ?? [];
  const places = new Map<string, JsonFault>();
  for (const { path, reason, accepted } of describeViolations(errors, schema)) {
    const place = formatPointer(path);
    // What comes first at a place says more than the alternatives that it belongs to.
    if (!places.has(place)) places.set(place, { path: [...path], reason, accepted });
  }
  return [...places.values()];
}

/** Made when the first schema comes: compiling a draft's own schema takes some 50 ms. */
function validatorOf(draft: Draft): Ajv {
  const known = validators.get(draft);
  if (known !== undefined) return known;
  const options = { allErrors: true, verbose: true, messages: false, strict: false, logger: false } as const;
  const made = draft === '2020-12' ? new Ajv2020(options) : new Ajv(options);
  validators.set(draft, made);
  return made;
}
