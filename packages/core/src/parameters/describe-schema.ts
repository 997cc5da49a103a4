type Part = Readonly<Record<string, unknown>>;

const TYPE_NAMES: ReadonlyMap<unknown, string> = new Map([
  ['array', 'a list'],
  ['boolean', 'true or false'],
  ['integer', 'a whole number'],
  ['null', 'null'],
  ['number', 'a number'],
  ['object', 'a mapping'],
  ['string', 'a text'],
]);

const MAX_VALUES = 20;

/** What a part of a schema accepts, in words, as far as its own keywords tell. */
export function describeSchema(schema: unknown): string {
  if (typeof schema !== 'object' || schema === null)
    return schema === false ? 'the parameter left out' : 'any value';
  const part = schema as Part;
  if (Object.hasOwn(part, 'const')) return JSON.stringify(part['const']);
  if (Array.isArray(part['enum'])) return describeValues(part['enum']);
  // The draft's own schema has seen to the types of these.
  const traits = [...rangesOf(part as Readonly<Record<string, number | undefined>>), ...otherTraitsOf(part)];
  return [describeTypes(part['type']), ...traits].join(' ');
}

/** `integer` or `['integer', 'null']` in words. */
function describeTypes(types: unknown): string {
  const names = [types].flat().map((type) => TYPE_NAMES.get(type) ?? 'a value');
  return names.join(' or ');
}

/** A value's type in words, and nothing of the value. */
export function describeKind(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return Number.isInteger(value) ? 'a whole number' : 'a fraction';
  return typeof value === 'string' ? 'a text' : 'a mapping';
}

function describeValues(values: readonly unknown[]): string {
  const texts = values.slice(0, MAX_VALUES).map((value) => JSON.stringify(value));
  return values.length > MAX_VALUES ? `${texts.join(', ')} and others` : texts.join(', ');
}

/** Pairs of keywords, and what they count. */
const RANGES: readonly (readonly [min: string, max: string, unit: string])[] = [
  ['minimum', 'maximum', ''],
  ['minLength', 'maxLength', ' characters'],
  ['minItems', 'maxItems', ' entries'],
  ['minProperties', 'maxProperties', ' entries'],
];

function rangesOf(part: Readonly<Record<string, number | undefined>>): string[] {
  const ranges = RANGES.flatMap(([min, max, unit]) => {
    const [from, to] = [part[min], part[max]];
    if (from !== undefined && to !== undefined) return [`from ${String(from)} to ${String(to)}${unit}`];
    if (from !== undefined) return [`of at least ${String(from)}${unit}`];
    return to === undefined ? [] : [`of at most ${String(to)}${unit}`];
  });
  const { exclusiveMinimum: above, exclusiveMaximum: below, multipleOf } = part;
  if (above !== undefined) ranges.push(`above ${String(above)}`);
  if (below !== undefined) ranges.push(`below ${String(below)}`);
  if (multipleOf !== undefined) ranges.push(`that is a multiple of ${String(multipleOf)}`);
  return ranges;
}

interface OtherTraits {
  readonly pattern?: string;
  readonly format?: string;
  readonly uniqueItems?: boolean;
}

function otherTraitsOf({ pattern, format, uniqueItems }: OtherTraits): string[] {
  return [
    ...(pattern === undefined ? [] : [`that matches ${pattern}`]),
    ...(format === undefined ? [] : [`in the format ${format}`]),
    ...(uniqueItems === true ? ['without repetitions'] : []),
  ];
}
