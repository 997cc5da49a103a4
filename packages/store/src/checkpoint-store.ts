import type { CheckpointStore } from '@phi/core';
import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';
import type { FunctionLibrary } from './function-library.js';

const KEPT_SECONDS = 7 * 24 * 3600;

/** Checkpoints in Redis, one for each chain; see the port in `@phi/core`. */
export class RedisCheckpointStore implements CheckpointStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  async save(executionId: string, nonce: string, state: string): Promise<'SAVED' | 'STALE_FENCE'> {
    const word = await this.library.callForWord('save-checkpoint', [executionId, nonce, state, KEPT_SECONDS]);
    return word === 'SAVED' ? 'SAVED' : 'STALE_FENCE';
  }

  async load(chainId: string): Promise<string | undefined> {
    return (await this.redis.get(this.keys.key(`checkpoint:${chainId}`))) ?? undefined;
  }
}
