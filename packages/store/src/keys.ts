/** Builds the keys of one namespace and cell; all share one hash tag and so one Redis Cluster slot. */
export interface Keys {
  /** What the scripts get as KEYS[1]. */
  readonly prefix: string;
  readonly key: (suffix: string) => string;
}

/**
 * @param namespace - the unit of isolation and sharding
 * @param cell - a namespace's shard; there is one for now
 */
export function createKeys(namespace: string, cell = 0): Keys {
  const prefix = `phi:{${namespace}/${String(cell)}}:`;
  return { prefix, key: (suffix) => prefix + suffix };
}
