import * as z from 'zod';
import { acceptedTexts } from '../schema/field-types.js';

type Schema = z.core.$ZodType;

/** The schema behind optional, nullable and defaults. */
function unwrap(schema: Schema): Schema {
  let current = schema;
  while (
    current instanceof z.ZodOptional ||
    current instanceof z.ZodNullable ||
    current instanceof z.ZodDefault ||
    current instanceof z.ZodPrefault
  ) {
    if (acceptedTexts.get(current) !== undefined) return current;
    current = current.unwrap();
  }
  return current;
}

/** The schema of what stands at a path, as far as the schema tells. */
export function schemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  let current: Schema | undefined = schema;
  for (const part of path) {
    if (current === undefined) return undefined;
    current = child(unwrap(current), part);
  }
  return current;
}

function child(schema: Schema, part: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodObject) return (schema.shape as Record<PropertyKey, Schema | undefined>)[part];
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  if (schema instanceof z.ZodUnion)
    return eitherOf(schema.options.flatMap((option) => child(option, part) ?? []));
  return undefined;
}

/** What stands at one place of several kinds: any of their literals, or else what the first has there. */
function eitherOf(found: readonly Schema[]): Schema | undefined {
  const values = found.flatMap((schema) => (schema instanceof z.ZodLiteral ? [...schema.values] : []));
  return values.length > 1 ? z.literal(values) : found[0];
}

/** The schema of the keys of a mapping that stands at a path. */
export function keySchemaAt(schema: Schema, path: readonly PropertyKey[]): Schema | undefined {
  const holder = schemaAt(schema, path);
  const inner = holder === undefined ? undefined : unwrap(holder);
  return inner instanceof z.ZodRecord ? inner.keyType : undefined;
}

/** The fields that a mapping may have; empty for anything else. */
export function knownKeys(schema: Schema | undefined): string[] {
  const inner = schema === undefined ? undefined : unwrap(schema);
  if (inner instanceof z.ZodUnion) return [...new Set(inner.options.flatMap((option) => knownKeys(option)))];
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** What a schema accepts, in words. */
export function acceptsText(schema: Schema | undefined): string {
  if (schema === undefined) return '';
  const inner = unwrap(schema);
  const text = acceptedTexts.get(inner)?.accepted ?? describe(inner);
  const nullable =
    schema instanceof z.ZodNullable ||
    (schema instanceof z.ZodOptional && schema.unwrap() instanceof z.ZodNullable);
  return nullable ? `${text}, or null` : text;
}

function describe(schema: Schema): string {
  if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral) return [...literals(schema)].join(', ');
  if (schema instanceof z.ZodNumber) return describeNumber(schema);
  if (schema instanceof z.ZodString) return describeString(schema);
  if (schema instanceof z.ZodBoolean) return 'true or false';
  if (schema instanceof z.ZodArray) return `a list; each entry ${acceptsText(schema.element)}`;
  if (schema instanceof z.ZodObject) return `a mapping with ${Object.keys(schema.shape).join(', ')}`;
  if (schema instanceof z.ZodRecord)
    return `a mapping of ${acceptsText(schema.keyType)} to ${acceptsText(schema.valueType)}`;
  if (schema instanceof z.ZodUnion) return schema.options.map((option) => acceptsText(option)).join('; or ');
  return '';
}

function literals(schema: z.ZodEnum | z.ZodLiteral): Iterable<unknown> {
  return schema instanceof z.ZodEnum ? schema.options : schema.values;
}

function describeNumber(schema: z.ZodNumber): string {
  const kind = schema.isInt ? 'a whole number' : 'a number';
  const { minValue: min, maxValue: max } = schema;
  const from = min === null || min <= Number.MIN_SAFE_INTEGER ? '' : ` from ${String(min)}`;
  const to = max === null || max >= Number.MAX_SAFE_INTEGER ? '' : ` to ${String(max)}`;
  return `${kind}${from}${to}`;
}

function describeString({ minLength, maxLength }: z.ZodString): string {
  if (maxLength === null)
    return minLength === null ? 'a text' : `a text of at least ${String(minLength)} characters`;
  return minLength === null
    ? `a text of at most ${String(maxLength)} characters`
    : `a text of ${String(minLength)} to ${String(maxLength)} characters`;
}
