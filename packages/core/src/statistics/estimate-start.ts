/**
 * When a slot is free for one that waits, from when those that hold the slots are likely to give them back.
 *
 * @param leftMs - for each holder, how long it will hold its slot still, in milliseconds
 * @param before - how many go before it; each takes the first slot that is free
 * @param eachMs - how long those hold one, in milliseconds
 * @returns milliseconds from now; undefined where nobody holds a slot
 */
export function estimateStart(leftMs: readonly number[], before: number, eachMs: number): number | undefined {
  const free = [...leftMs].sort((a, b) => a - b);
  for (let passed = 0; passed < before; passed++) {
    const first = free.shift();
    if (first === undefined) return undefined;
    const next = first + eachMs;
    const at = free.findIndex((left) => left > next);
    free.splice(at === -1 ? free.length : at, 0, next);
  }
  return free[0];
}
