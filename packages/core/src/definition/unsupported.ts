/** A part of a definition that this build understands but does not act on yet. */
interface Unsupported {
  /** Fields by name, `*` for every entry of a list or mapping. */
  readonly path: string;
  /** Whether a value there asks for it. */
  readonly asks: (value: unknown) => boolean;
  /** error: ignoring it would run what must not run, or not as declared. warning: it merely never happens. */
  readonly severity: 'error' | 'warning';
  readonly reason: string;
  readonly accepted: string;
}

const yes = (value: unknown): boolean => value === true;

const error = (path: string, asks: Unsupported['asks'], reason: string, accepted: string): Unsupported => ({
  path,
  asks,
  severity: 'error',
  reason,
  accepted,
});

/** Everything that a definition may say and this build does not do; a row goes when its feature comes. */
export const UNSUPPORTED: readonly Unsupported[] = [
  error('requires_approval', yes, 'changes cannot be held for approval yet', 'false'),
];

export interface UnsupportedUse {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  readonly severity: Unsupported['severity'];
  readonly reason: string;
  readonly accepted: string;
}

/** What a job definition, valid or not, asks for and this build does not do, with the place of each. */
export function findUnsupported(job: unknown): UnsupportedUse[] {
  return UNSUPPORTED.flatMap(({ path, asks, severity, reason, accepted }) =>
    placesOf(job, path.split('.'))
      .filter(({ value }) => asks(value))
      .map((place) => ({ ...place, severity, reason, accepted })),
  );
}

interface Place {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
}

function placesOf(root: unknown, pattern: readonly string[]): Place[] {
  let places: Place[] = [{ path: [], value: root }];
  for (const part of pattern) places = places.flatMap((place) => membersOf(place, part));
  return places;
}

function membersOf({ path, value }: Place, part: string): Place[] {
  if (typeof value !== 'object' || value === null) return [];
  if (part !== '*')
    return Object.hasOwn(value, part)
      ? [{ path: [...path, part], value: (value as Record<string, unknown>)[part] }]
      : [];
  return Object.entries(value).map(([key, member]) => ({
    path: [...path, Array.isArray(value) ? Number(key) : key],
    value: member as unknown,
  }));
}
