/** Keeps 0.07 × 100, which is a little more than 7 in binary, from counting as 8. */
const ROUNDING = 1e-9;

/**
 * A percentile by nearest rank: the smallest value that at least this share of all values does not exceed.
 *
 * @param values - in any order
 * @param share - above 0, up to 1: 0.95 for the 95th percentile
 * @returns one of the values; undefined for none
 */
export function percentile(values: readonly number[], share: number): number | undefined {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.ceil(share * sorted.length - ROUNDING) - 1];
}
