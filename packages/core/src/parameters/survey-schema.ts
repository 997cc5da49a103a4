import { compilePattern } from '../bounds/compile-pattern.js';
import { nearest } from '../errors/nearest.js';
import type { JsonFault } from '../schema/json.js';
import { FORMATS } from './formats.js';
import { KEYWORDS, type Draft, type KeywordKind } from './keywords.js';
import { METER, meterOf } from './meter.js';
import { formatPointer, normalizeReference } from './pointer.js';

type Path = readonly (string | number)[];

/** A schema gone through, part by part. */
export interface Survey {
  /** Where it says what cannot be compiled, or would check nothing. */
  readonly problems: readonly JsonFault[];
  /** The schema without annotations, and with a meter in every part. */
  readonly metered: object;
}

/** Schemas in a schema, within one another or side by side. */
const MAX_PARTS = 500;
const MAX_PATTERNS = 100;

interface Tour {
  readonly draft: Draft;
  readonly problems: JsonFault[];
  /** Pointers and anchors of the parts: what may be referred to. */
  readonly places: Set<string>;
  readonly references: { readonly path: Path; readonly target: string }[];
  parts: number;
  patterns: number;
}

/** Goes through a schema of at most MAX_JSON_DEPTH levels, and looks at what the draft's own schema does not tell. */
export function surveySchema(schema: Readonly<Record<string, unknown>>, draft: Draft): Survey {
  const tour: Tour = { draft, problems: [], places: new Set(), references: [], parts: 0, patterns: 0 };
  const metered = visitPart(schema, [], tour);
  for (const { path, target } of tour.references)
    if (!tour.places.has(target)) note(tour, path, 'refers to no part of the schema', REFERENCE);
  if (tour.parts > MAX_PARTS)
    note(tour, [], 'has too many parts', `at most ${String(MAX_PARTS)} schemas in it`);
  if (tour.patterns > MAX_PATTERNS)
    note(tour, [], 'has too many patterns', `at most ${String(MAX_PATTERNS)}`);
  return { problems: tour.problems, metered };
}

/** What is no mapping is true, false or a mistake that the draft's own schema finds. */
function visit(schema: unknown, path: Path, tour: Tour): unknown {
  return isMapping(schema) ? visitPart(schema, path, tour) : schema;
}

function visitPart(schema: Readonly<Record<string, unknown>>, path: Path, tour: Tour): object {
  tour.parts += 1;
  tour.places.add(formatPointer(path));
  const members = Object.entries(schema).flatMap(([keyword, value]): [string, unknown][] => {
    const kind = kindOf(keyword, path, tour);
    return kind === 'ANNOTATION' ? [] : [[keyword, visitMember(kind, value, [...path, keyword], tour)]];
  });
  return Object.fromEntries([...members, [METER, meterOf(schema)]]);
}

/** Extensions (`x-…`) and the identifier of the whole are for readers. */
function kindOf(keyword: string, path: Path, tour: Tour): KeywordKind {
  const known = KEYWORDS[tour.draft];
  const kind = known.get(keyword);
  if (kind !== undefined) return kind;
  if (keyword.startsWith('x-') || (keyword === '$id' && path.length === 0)) return 'ANNOTATION';
  const guess = nearest(keyword, [...known.keys()]);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  note(
    tour,
    [...path, keyword],
    `is not a keyword of JSON Schema ${tour.draft} that is supported${hint}`,
    [...known.keys()].join(', '),
  );
  return 'ANNOTATION';
}

function visitMember(kind: KeywordKind, value: unknown, path: Path, tour: Tour): unknown {
  switch (kind) {
    case 'SCHEMA':
      return visit(value, path, tour);
    case 'LIST':
      return Array.isArray(value) ? visitList(value, path, tour) : value;
    case 'SCHEMA_OR_LIST':
      return Array.isArray(value) ? visitList(value, path, tour) : visit(value, path, tour);
    case 'MAP':
    case 'DEPENDENCIES':
      return isMapping(value) ? visitMapping(value, path, tour) : value;
    default:
      checkAssertion(value, path, tour);
      return value;
  }
}

function visitList(parts: readonly unknown[], path: Path, tour: Tour): unknown[] {
  return parts.map((part, index) => visit(part, [...path, index], tour));
}

function visitMapping(parts: Readonly<Record<string, unknown>>, path: Path, tour: Tour): unknown {
  const isByPattern = path.at(-1) === 'patternProperties';
  const entries = Object.entries(parts).map(([name, part]) => {
    if (isByPattern) checkPattern(name, [...path, name], tour);
    return [name, visit(part, [...path, name], tour)] as const;
  });
  return Object.fromEntries(entries);
}

function checkAssertion(value: unknown, path: Path, tour: Tour): void {
  if (typeof value !== 'string') return;
  switch (path.at(-1)) {
    case 'pattern':
      checkPattern(value, path, tour);
      break;
    case 'format':
      checkFormat(value, path, tour);
      break;
    case '$anchor':
      tour.places.add(`#${value}`);
      break;
    case '$ref':
      checkReference(value, path, tour);
      break;
    default:
  }
}

function checkPattern(pattern: string, path: Path, tour: Tour): void {
  tour.patterns += 1;
  if (tour.patterns > MAX_PATTERNS) return;
  const compiled = compilePattern(pattern, 'ECMA');
  if (!compiled.ok) note(tour, path, compiled.reason, compiled.accepted);
}

function checkFormat(format: string, path: Path, tour: Tour): void {
  if (FORMATS.has(format)) return;
  const guess = nearest(format, [...FORMATS.keys()]);
  const hint = guess === undefined ? '' : `; did you mean ${guess}?`;
  note(tour, path, `is not a known format${hint}`, [...FORMATS.keys()].join(', '));
}

const REFERENCE = 'a part of the schema itself, such as #/$defs/name';

function checkReference(reference: string, path: Path, tour: Tour): void {
  if (!reference.startsWith('#')) note(tour, path, 'refers to something outside of the schema', REFERENCE);
  else tour.references.push({ path, target: normalizeReference(reference) });
}

function note(tour: Tour, path: Path, reason: string, accepted: string): void {
  tour.problems.push({ path: [...path], reason, accepted });
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
