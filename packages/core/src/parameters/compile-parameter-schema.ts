import { TextCache } from '../bounds/text-cache.js';
import { jsonBytes, jsonFaults, type JsonFault } from '../schema/json.js';
import { describeViolations, unknownMember, type Violation } from './describe-violation.js';
import { DRAFT_URI_LIST, draftOf, type Draft } from './keywords.js';
import { metaSchemaProblems } from './meta-schema.js';
import { partsFor } from './parts-for.js';
import { formatPointer } from './pointer.js';
import { surveySchema } from './survey-schema.js';
import { compileValidator, type Validator } from './validator.js';

export const MAX_PARAMETER_SCHEMA_BYTES = 64 * 1024;

/** Work of one check, whatever the schema and the parameters; see WorkBudget. */
const MAX_STEPS = 1_000_000;

/** Work of looking for all violations, where there is one; each takes memory. */
const MAX_STEPS_FOR_ALL = 20_000;

/** A job's parameter_schema, compiled. */
export interface ParameterSchema {
  /** What is wrong with the parameters of an execution; empty where they may be used. */
  check(parameters: Readonly<Record<string, unknown>>): readonly Violation[];
  /**
   * What is wrong with one parameter whatever the others are: by `properties`, `patternProperties` and
   * `additionalProperties` at the top of the schema.
   */
  checkOne(name: string, value: unknown): readonly Violation[];
}

export type ParameterSchemaResult =
  | { readonly ok: true; readonly schema: ParameterSchema }
  | { readonly ok: false; readonly problems: readonly JsonFault[] };

/** A compiled schema takes some 150 times its text. */
const cache = new TextCache<ParameterSchemaResult>(512 * 1024);

/**
 * Compiles a job's parameter_schema: JSON Schema 2020-12, or draft-07 where `$schema` says so. It may refer to its own
 * parts only; its patterns run on re2js, and no check takes more than so many steps. The same schema is compiled once.
 *
 * @returns the schema, or everything that is wrong with it, each with its path; nothing is thrown
 */
export function compileParameterSchema(schema: unknown): ParameterSchemaResult {
  const faults = jsonFaults(schema);
  if (faults.length > 0) return { ok: false, problems: faults };
  if (jsonBytes(schema) > MAX_PARAMETER_SCHEMA_BYTES)
    return refusal([], 'is too large', `at most ${String(MAX_PARAMETER_SCHEMA_BYTES)} bytes of JSON`);
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema))
    return refusal([], 'is not a mapping', 'a JSON Schema');
  return cache.get(JSON.stringify(schema), () => compile(schema as Readonly<Record<string, unknown>>));
}

function compile(schema: Readonly<Record<string, unknown>>): ParameterSchemaResult {
  const draft = draftOf(schema['$schema']);
  if (draft === undefined)
    return refusal(['$schema'], 'is not a draft that is supported', DRAFT_URI_LIST.join(', '));
  const { problems, metered } = surveySchema(schema, draft);
  const known = new Set(problems.map(({ path }) => formatPointer(path)));
  const others = metaSchemaProblems(schema, draft).filter(({ path }) => !known.has(formatPointer(path)));
  if (problems.length + others.length > 0) return { ok: false, problems: [...problems, ...others] };
  return build(schema, metered, draft);
}

function build(
  schema: Readonly<Record<string, unknown>>,
  metered: object,
  draft: Draft,
): ParameterSchemaResult {
  try {
    const validators = {
      first: compileValidator(metered, draft, false),
      all: once(() => compileValidator(metered, draft, true)),
    };
    if (!validators.first.validate('#', {}, MAX_STEPS).ended)
      return refusal([], 'refers to itself without end', 'a schema that ends');
    return { ok: true, schema: parameterSchema(schema, validators) };
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'for no reason that is known';
    return refusal([], `cannot be compiled: ${reason}`, 'a JSON Schema');
  }
}

interface Validators {
  /** Ends with the first violation. */
  readonly first: Validator;
  /** Goes on; made when the first violation is found. */
  readonly all: () => Validator;
}

function parameterSchema(schema: Readonly<Record<string, unknown>>, validators: Validators): ParameterSchema {
  return {
    check: (parameters) => violationsOf(validators, '#', parameters),
    checkOne: (name, value) =>
      partsFor(schema, name)
        .flatMap(({ pointer, part }) =>
          part === false ? [refusedBy(schema, name)] : violationsOf(validators, pointer, value),
        )
        .map((violation) => ({ ...violation, path: [name, ...violation.path] })),
  };
}

function refusedBy(schema: Readonly<Record<string, unknown>>, name: string): Violation {
  const [reason, accepted] = unknownMember(schema, name);
  return { path: [], reason, accepted };
}

const ENDLESS: Violation = {
  path: [],
  reason: 'take more steps to check than a check may',
  accepted: 'less, or a simpler parameter_schema',
};

function violationsOf({ first, all }: Validators, pointer: string, value: unknown): readonly Violation[] {
  const found = first.validate(pointer, value, MAX_STEPS);
  if (!found.ended) return [ENDLESS];
  if (found.violations.length === 0) return [];
  const more = all().validate(pointer, value, MAX_STEPS_FOR_ALL);
  return describeViolations(more.ended ? more.violations : found.violations, value);
}

function once<Value>(make: () => Value): () => Value {
  let made: { readonly value: Value } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

function refusal(path: (string | number)[], reason: string, accepted: string): ParameterSchemaResult {
  return { ok: false, problems: [{ path, reason, accepted }] };
}
