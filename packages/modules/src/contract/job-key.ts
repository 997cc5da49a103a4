/**
 * The Idempotency-Key of a remote job: the same over all attempts of a chain, another one only once the job under the last is known to
 * have ended without a result.
 *
 * @param generation counts from 1
 */
export const jobKey = (chainId: string, stage: string, generation: number): string =>
  `${chainId}/${stage}/${String(generation)}`;
