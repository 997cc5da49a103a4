/** Characters of an entry that are read in a step. */
const CHARACTERS_PER_STEP = 8;

/**
 * Whether no two entries of a list are equal. ajv compares every entry with every other; texts of them can be looked up.
 *
 * @param spend - takes steps, and throws where there are none left
 */
export function areUnique(list: readonly unknown[], spend: (steps: number) => void): boolean {
  const seen = new Set<string>();
  for (const entry of list) {
    const text = JSON.stringify(sorted(entry));
    spend(1 + text.length / CHARACTERS_PER_STEP);
    if (seen.has(text)) return false;
    seen.add(text);
  }
  return true;
}

/** The value with the keys of every mapping in one order. */
function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(sorted);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}
