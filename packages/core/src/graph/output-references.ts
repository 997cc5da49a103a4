/** A parameter takes an output of another job: `${{ jobs.<job_id>.outputs.<name> }}`. */
export interface OutputReference {
  readonly job_id: string;
  readonly output: string;
  /** Where the text stands that holds it, within the parameters. */
  readonly path: readonly (string | number)[];
  /** Its characters in that text, the end excluded. */
  readonly start: number;
  readonly end: number;
}

/** What begins as a reference to an output and is none. */
export interface MalformedReference {
  readonly path: readonly (string | number)[];
  readonly start: number;
}

export interface FoundReferences {
  readonly references: readonly OutputReference[];
  readonly malformed: readonly MalformedReference[];
}

const OPENING = /\$\{\{\s*jobs\b/g;

/** A job's id ends at the first `.outputs.`; an output may be named after a file. */
const REFERENCE =
  /\$\{\{\s*jobs\.(?<job_id>[A-Za-z0-9][A-Za-z0-9._-]{0,127}?)\.outputs\.(?<output>[^\s{}]{1,256})\s*\}\}/y;

interface Place {
  readonly value: unknown;
  readonly path: readonly (string | number)[];
}

/**
 * Every reference to an output in a job's parameters, nested values included, in the order in which they stand there.
 * Texts with anything else in `${{ }}` are left alone.
 */
export function findOutputReferences(parameters: unknown): FoundReferences {
  const references: OutputReference[] = [];
  const malformed: MalformedReference[] = [];
  const places: Place[] = [{ value: parameters, path: [] }];
  for (let place = places.pop(); place !== undefined; place = places.pop()) {
    if (typeof place.value === 'string') collect(place.value, place.path, references, malformed);
    else places.push(...membersOf(place).reverse());
  }
  return { references, malformed };
}

function membersOf({ value, path }: Place): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).map(([key, member]) => ({
    value: member as unknown,
    path: [...path, isList ? Number(key) : key],
  }));
}

function collect(
  text: string,
  path: Place['path'],
  references: OutputReference[],
  malformed: MalformedReference[],
): void {
  if (!text.includes('${{')) return;
  for (const { index: start } of text.matchAll(OPENING)) {
    REFERENCE.lastIndex = start;
    const { job_id, output } = REFERENCE.exec(text)?.groups ?? {};
    if (job_id === undefined || output === undefined) malformed.push({ path, start });
    else references.push({ job_id, output, path, start, end: REFERENCE.lastIndex });
  }
}
