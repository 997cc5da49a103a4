/** What stands under a keyword of JSON Schema. */
export type KeywordKind =
  /** One schema. */
  | 'SCHEMA'
  /** A list of schemas. */
  | 'LIST'
  /** A mapping of names to schemas. */
  | 'MAP'
  /** A schema or a list of them. */
  | 'SCHEMA_OR_LIST'
  /** A mapping of names to schemas or lists of names. */
  | 'DEPENDENCIES'
  /** Something that is checked by, but holds no schema. */
  | 'ASSERTION'
  /** Something for readers, which checks nothing. */
  | 'ANNOTATION';

export const DRAFTS = ['2020-12', 'draft-07'] as const;
export type Draft = (typeof DRAFTS)[number];

const SHARED: readonly (readonly [KeywordKind, string])[] = [
  ['SCHEMA', 'not if then else additionalProperties propertyNames contains'],
  ['LIST', 'allOf anyOf oneOf'],
  ['MAP', 'properties patternProperties $defs definitions'],
  ['ASSERTION', 'type enum const multipleOf minimum maximum exclusiveMinimum exclusiveMaximum'],
  ['ASSERTION', 'minLength maxLength pattern format minItems maxItems uniqueItems'],
  ['ASSERTION', 'minProperties maxProperties required $ref'],
  ['ANNOTATION', '$schema $comment title description default examples readOnly writeOnly'],
  ['ANNOTATION', 'contentEncoding contentMediaType'],
];

const OWN: Readonly<Record<Draft, readonly (readonly [KeywordKind, string])[]>> = {
  '2020-12': [
    ['SCHEMA', 'items unevaluatedItems unevaluatedProperties'],
    ['LIST', 'prefixItems'],
    ['MAP', 'dependentSchemas'],
    ['ASSERTION', 'dependentRequired minContains maxContains $anchor'],
    ['ANNOTATION', 'deprecated contentSchema'],
  ],
  'draft-07': [
    ['SCHEMA', 'additionalItems'],
    ['SCHEMA_OR_LIST', 'items'],
    ['DEPENDENCIES', 'dependencies'],
  ],
};

/** The keywords of a draft; others are refused, since a misspelt one would check nothing. */
export const KEYWORDS: Readonly<Record<Draft, ReadonlyMap<string, KeywordKind>>> = {
  '2020-12': keywordsOf('2020-12'),
  'draft-07': keywordsOf('draft-07'),
};

function keywordsOf(draft: Draft): Map<string, KeywordKind> {
  return new Map(
    [...SHARED, ...OWN[draft]].flatMap(([kind, names]) =>
      names.split(' ').map((name): [string, KeywordKind] => [name, kind]),
    ),
  );
}

/** Keywords that look at every member of a list or a mapping, whatever is in it. */
export const WIDE_KEYWORDS: ReadonlySet<string> = new Set([
  'additionalItems',
  'additionalProperties',
  'contains',
  'items',
  'patternProperties',
  'propertyNames',
  'unevaluatedItems',
  'unevaluatedProperties',
]);

const DRAFT_URIS: ReadonlyMap<string, Draft> = new Map([
  ['https://json-schema.org/draft/2020-12/schema', '2020-12'],
  ['http://json-schema.org/draft-07/schema', 'draft-07'],
]);

export const DRAFT_URI_LIST: readonly string[] = [...DRAFT_URIS.keys()];

/** The draft that `$schema` names; 2020-12 where there is none, undefined where it is another. */
export function draftOf(uri: unknown): Draft | undefined {
  if (uri === undefined) return '2020-12';
  return typeof uri === 'string' ? DRAFT_URIS.get(uri.replace(/#$/, '')) : undefined;
}
