/** So many characters of 7 bits make a number without loss. */
const KEY_LENGTH = 7;
const LAST_CODE = 127;

/**
 * Items in the order of their names, those of the same name as given. Names of jobs begin alike, and comparing many of them takes longer
 * than anything else in compiling a graph: so numbers are compared, made of the characters in which they first differ, and names
 * only where these are the same.
 */
export function sortByName<Item>(items: readonly Item[], nameOf: (item: Item) => string): Item[] {
  const names = items.map(nameOf);
  const shared = sharedPrefix(names);
  const keys = new Float64Array(names.length);
  names.forEach((name, at) => {
    keys[at] = keyOf(name, shared);
  });
  const order = new Uint32Array(names.length);
  for (let at = 0; at < order.length; at++) order[at] = at;
  order.sort(
    (a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || compareNames(names[a] ?? '', names[b] ?? '') || a - b,
  );
  return Array.from(order, (at) => items[at] as Item);
}

function compareNames(a: string, b: string): number {
  return a < b ? -1 : Number(a !== b);
}

function sharedPrefix(names: readonly string[]): number {
  const [first = ''] = names;
  let length = first.length;
  for (const name of names) {
    let same = 0;
    while (same < length && name.charCodeAt(same) === first.charCodeAt(same)) same++;
    length = same;
  }
  return length;
}

/** What a character without a code of 7 bits begins is left to the comparison of names. */
function keyOf(name: string, from: number): number {
  let key = 0;
  let isExact = true;
  for (let at = from; at < from + KEY_LENGTH; at++) {
    const code = isExact && at < name.length ? name.charCodeAt(at) : 0;
    if (code >= LAST_CODE) isExact = false;
    key = key * (LAST_CODE + 1) + Math.min(code, LAST_CODE);
  }
  return key;
}
