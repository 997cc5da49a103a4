import { createHash } from 'node:crypto';

/** Names of the caches of a namespace; their hash tag is not that of Phi's own state, so that they can live elsewhere. */
export const cacheKeys = (namespace: string) => {
  const prefix = `phi:{${namespace}/cache}`;
  return {
    /** Set: the names of all caches. */
    names: `${prefix}:names`,
    /** Hash: counts, generation, last failure, last warm-up. */
    meta: (name: string): string => `${prefix}:meta:${name}`,
    /** Hash: key to entry. What is invalidated as a whole begins a new one. */
    entries: (name: string, generation: string): string => `${prefix}:entries:${name}:${generation}`,
    /** Text: who loads that key. */
    loading: (name: string, key: string): string =>
      `${prefix}:loading:${name}:${createHash('sha1').update(key).digest('base64url')}`,
  };
};
export type CacheKeys = ReturnType<typeof cacheKeys>;
