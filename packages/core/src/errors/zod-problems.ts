import type * as z from 'zod';
import { acceptsText, keySchemaAt, knownKeys, schemaAt } from './accepted.js';
import { formatPath, type Problem } from './problem.js';
import { nearest } from './nearest.js';

/** A problem with its path in parts, for those who know where in a file each part stands. */
export interface LocatedProblem extends Problem {
  readonly path: readonly PropertyKey[];
  /** Whether the key is wrong, or what stands under it; what is missing stands nowhere but in its parent. */
  readonly at: 'KEY' | 'VALUE';
  /** Characters of the text that stand before the mistake, where the value is a text and the mistake within it. */
  readonly offset?: number;
}

/**
 * What is wrong with a value, in the words of the reader: every problem with field, reason and what would be accepted.
 *
 * @param schema - that refused the value
 * @param prefix - path of the value in what the reader wrote
 * @returns empty when the schema accepts the value
 */
export function findProblems(
  schema: z.ZodType,
  value: unknown,
  prefix: readonly PropertyKey[] = [],
): LocatedProblem[] {
  const parsed = schema.safeParse(value);
  if (parsed.success) return [];
  return parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys'
      ? unknownKeys(schema, issue, value, prefix)
      : [translate(schema, issue, value, prefix)],
  );
}

function translate(
  schema: z.ZodType,
  issue: z.core.$ZodIssue,
  value: unknown,
  prefix: readonly PropertyKey[],
): LocatedProblem {
  const given = valueAt(value, issue.path);
  const path = [...prefix, ...issue.path];
  const field =
    issue.code === 'invalid_key'
      ? keySchemaAt(schema, issue.path.slice(0, -1))
      : schemaAt(schema, issue.path);
  const params = issue.code === 'custom' ? issue.params : undefined;
  const accepted = typeof params?.['accepted'] === 'string' ? params['accepted'] : acceptsText(field);
  const offset = typeof params?.['offset'] === 'number' ? { offset: params['offset'] } : {};
  const base = { path, field: formatPath(path), reason: reasonOf(issue, given), accepted, ...offset };
  if (given === undefined) return { ...base, at: 'VALUE' };
  return { ...base, at: issue.code === 'invalid_key' ? 'KEY' : 'VALUE', value: given };
}

function reasonOf(issue: z.core.$ZodIssue, given: unknown): string {
  if (given === undefined && issue.code !== 'custom') return 'is required';
  switch (issue.code) {
    case 'invalid_type':
      return `is ${kindOf(given)}`;
    case 'invalid_value':
      return `${JSON.stringify(given)} is not one of the values allowed`;
    case 'too_big':
      return `is above the maximum of ${String(issue.maximum)}${unitOf(issue.origin)}`;
    case 'too_small':
      return `is below the minimum of ${String(issue.minimum)}${unitOf(issue.origin)}`;
    case 'invalid_key':
      return 'is not a valid key';
    case 'invalid_union':
      return 'is not one of the kinds allowed';
    default:
      return issue.message;
  }
}

function unitOf(origin: string): string {
  if (origin === 'string') return ' characters';
  return origin === 'array' ? ' entries' : '';
}

function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'number')
    return Number.isInteger(value) ? `the number ${String(value)}` : `the fraction ${String(value)}`;
  if (typeof value === 'boolean') return String(value);
  return typeof value === 'string' ? `the text ${JSON.stringify(value.slice(0, 60))}` : `a ${typeof value}`;
}

function unknownKeys(
  schema: z.ZodType,
  issue: z.core.$ZodIssueUnrecognizedKeys,
  value: unknown,
  prefix: readonly PropertyKey[],
): LocatedProblem[] {
  const known = knownKeys(schemaAt(schema, issue.path));
  const holder = valueAt(value, issue.path);
  return issue.keys.map((key) => {
    const path = [...prefix, ...issue.path, key];
    const guess = nearest(key, known);
    const reason =
      guess === undefined ? 'is not a known field' : `is not a known field; did you mean ${guess}?`;
    return {
      path,
      at: 'KEY',
      field: formatPath(path),
      reason,
      accepted: known.join(', '),
      value: valueAt(holder, [key]),
    };
  });
}

/** What stands at a path of a value; undefined where nothing does. */
export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let current = value;
  for (const part of path) {
    if (typeof current !== 'object' || current === null || !Object.hasOwn(current, part)) return undefined;
    current = (current as Record<PropertyKey, unknown>)[part];
  }
  return current;
}
