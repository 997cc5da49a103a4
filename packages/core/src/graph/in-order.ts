type Compare = (a: number, b: number) => number;

/** Where a number belongs in a list that is in order. */
export function placeOf(number: number, list: ArrayLike<number>, compare: Compare): number {
  let low = 0;
  let high = list.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compare(list[middle] ?? 0, number) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** A list in order with one number more. */
export function insert(number: number, list: readonly number[], compare: Compare): number[] {
  return list.toSpliced(placeOf(number, list, compare), 0, number);
}

/** Two lists in order as one, what both have once. */
export function merge(
  left: readonly number[],
  right: readonly number[],
  compare: Compare,
): readonly number[] {
  if (right.length === 0) return left;
  const merged: number[] = [];
  let at = 0;
  for (const number of right) {
    while (at < left.length && compare(left[at] ?? 0, number) < 0) merged.push(left[at++] ?? 0);
    if (left[at] === number) at++;
    merged.push(number);
  }
  return merged.concat(left.slice(at));
}
