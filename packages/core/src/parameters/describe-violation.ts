import type { ErrorObject } from 'ajv';
import { nearest } from '../errors/nearest.js';
import { describeKind, describeSchema } from './describe-schema.js';
import { readPointer } from './pointer.js';

/** What is wrong with a value, and where. The value itself is never quoted: it may be a secret. */
export interface Violation {
  readonly path: readonly (string | number)[];
  readonly reason: string;
  readonly accepted: string;
}

type Part = Readonly<Record<string, unknown>>;
type Words = readonly [reason: string, accepted: string];

/** Further ones would not be read. */
const MAX_ERRORS = 200;

/**
 * Violations in the words of the reader.
 *
 * @param value - that was checked
 */
export function describeViolations(errors: readonly ErrorObject[], value: unknown): Violation[] {
  const some = errors.slice(0, MAX_ERRORS);
  const described = some
    .filter((error) => !isWithinAlternative(error, some))
    .map((error) => describeViolation(error, value));
  return [...new Map(described.map((violation) => [JSON.stringify(violation), violation])).values()];
}

const ALTERNATIVES: ReadonlySet<string> = new Set(['anyOf', 'oneOf', 'contains', 'propertyNames', 'if']);

/** What the alternatives of an anyOf say is summed up in what the anyOf says itself. */
function isWithinAlternative({ schemaPath }: ErrorObject, errors: readonly ErrorObject[]): boolean {
  return errors.some(
    (other) => ALTERNATIVES.has(other.keyword) && schemaPath.startsWith(`${other.schemaPath}/`),
  );
}

function describeViolation(error: ErrorObject, value: unknown): Violation {
  const params = error.params as Part;
  const [reason, accepted] = wordsFor(error, params);
  return { path: [...pathIn(value, error.instancePath), ...memberOf(params)], reason, accepted };
}

/** The members that a JSON pointer leads through, by index in lists. */
function pathIn(value: unknown, pointer: string): (string | number)[] {
  let holder = value;
  return (readPointer(pointer) ?? []).map((part) => {
    const step = Array.isArray(holder) ? Number(part) : part;
    holder = (holder as Record<string | number, unknown>)[step];
    return step;
  });
}

/** The member that is missing, or that should be. */
function memberOf(params: Part): string[] {
  const { missingProperty, additionalProperty, unevaluatedProperty, propertyName } = params;
  const member = missingProperty ?? additionalProperty ?? unevaluatedProperty ?? propertyName;
  return typeof member === 'string' ? [member] : [];
}

function wordsFor({ keyword, parentSchema, schema, data }: ErrorObject, params: Part): Words {
  const part = (parentSchema ?? {}) as Part;
  switch (keyword) {
    case 'type':
      return [`is ${describeKind(data)}`, describeSchema({ ...part, type: schema })];
    case 'required':
    case 'dependentRequired':
    case 'dependencies':
      return ['is required', describeSchema(propertiesOf(part)[String(params['missingProperty'])])];
    case 'additionalProperties':
      return unknownMember(part, String(params['additionalProperty']));
    case 'unevaluatedProperties':
      return unknownMember(part, String(params['unevaluatedProperty']));
    case 'propertyNames':
      return ['is not a name that is allowed', describeSchema(schema)];
    case 'anyOf':
    case 'oneOf':
      return alternativeWords(schema, params);
    case 'if':
      return [`is not as "${String(params['failingKeyword'])}" of parameter_schema has it`, IN_THE_SCHEMA];
    case 'not':
      return ['is what parameter_schema excludes', 'another value'];
    case 'contains':
      return ['has not as many of the entries wanted as it should', IN_THE_SCHEMA];
    case 'false schema':
      return NOT_ALLOWED;
    default:
      return [REASONS.get(keyword) ?? `does not satisfy "${keyword}"`, describeSchema(part)];
  }
}

const NOT_ALLOWED: Words = ['is not allowed', 'the parameter left out'];

const IN_THE_SCHEMA = 'what parameter_schema says of it';

/** Where the part of the schema says the rest. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['const', 'is not the value allowed'],
  ['enum', 'is not one of the values allowed'],
  ['exclusiveMaximum', 'is too large'],
  ['exclusiveMinimum', 'is too small'],
  ['format', 'does not have the format'],
  ['maximum', 'is too large'],
  ['maxItems', 'has too many entries'],
  ['maxLength', 'is too long'],
  ['maxProperties', 'has too many entries'],
  ['minimum', 'is too small'],
  ['minItems', 'has too few entries'],
  ['minLength', 'is too short'],
  ['minProperties', 'has too few entries'],
  ['multipleOf', 'is not such a multiple'],
  ['pattern', 'does not match the pattern'],
  ['uniqueItems', 'repeats an entry'],
]);

/** Words for a property that a schema does not take, and the one that may be meant. */
export function unknownMember(part: Part, name: string): Words {
  const known = Object.keys(propertiesOf(part));
  if (known.includes(name)) return NOT_ALLOWED;
  const guess = nearest(name, known);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  return [
    `is not known to parameter_schema${hint}`,
    known.length === 0 ? 'the parameter left out' : known.join(', '),
  ];
}

function alternativeWords(schema: unknown, { passingSchemas }: Part): Words {
  const alternatives = [schema].flat().map(describeSchema);
  const reason = Array.isArray(passingSchemas)
    ? 'is more than one of the alternatives'
    : 'is none of the alternatives';
  return [reason, [...new Set(alternatives)].join('; or ')];
}

function propertiesOf({ properties }: Part): Part {
  return typeof properties === 'object' && properties !== null ? (properties as Part) : {};
}
