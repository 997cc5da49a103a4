import { compilePattern } from '../bounds/compile-pattern.js';
import { formatPointer } from './pointer.js';

/** A part of a schema, and where it stands in it. */
export interface SchemaPart {
  readonly pointer: string;
  readonly part: unknown;
}

/** What a schema says at its top of a property whatever the others are. */
export function partsFor(schema: Readonly<Record<string, unknown>>, name: string): SchemaPart[] {
  const named = membersOf(schema, 'properties').filter(([property]) => property === name);
  const matching = membersOf(schema, 'patternProperties').filter(([pattern]) => matches(pattern, name));
  const parts = [
    ...named.map(([property, part]) => place(['properties', property], part)),
    ...matching.map(([pattern, part]) => place(['patternProperties', pattern], part)),
  ];
  if (parts.length > 0 || !Object.hasOwn(schema, 'additionalProperties')) return parts;
  return [place(['additionalProperties'], schema['additionalProperties'])];
}

function place(path: readonly string[], part: unknown): SchemaPart {
  return { pointer: formatPointer(path), part };
}

function membersOf(schema: Readonly<Record<string, unknown>>, keyword: string): [string, unknown][] {
  const members = Object.hasOwn(schema, keyword) ? schema[keyword] : undefined;
  return typeof members === 'object' && members !== null ? Object.entries(members) : [];
}

function matches(source: string, name: string): boolean {
  const compiled = compilePattern(source, 'ECMA');
  return compiled.ok && compiled.pattern.test(name);
}
