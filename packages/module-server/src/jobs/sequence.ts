/** Numbers that a start of the server has for itself. */
const PER_START = 2 ** 32;

/**
 * Numbers that only grow, over restarts too, although what was counted last is not on the disk.
 *
 * @param start how often the server has started with its journal, this time included
 */
export function sequenceFrom(start: number): () => number {
  let last = start * PER_START;
  return () => (last += 1);
}
