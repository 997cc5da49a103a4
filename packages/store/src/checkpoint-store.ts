import {
  sealCheckpoint,
  type CheckpointSlot,
  type CheckpointStore,
  type SaveCheckpoint,
  type SavedCheckpoint,
} from '@phi/core';
import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';
import type { FunctionLibrary } from './function-library.js';

const KEPT_SECONDS = 7 * 24 * 3600;
const SLOTS = ['0', '1'] as const;

/** Checkpoints in Redis, two slots for each chain; see the port in `@phi/core`. */
export class RedisCheckpointStore implements CheckpointStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  async save({ execution_id, nonce, good, stage, state }: SaveCheckpoint): Promise<SavedCheckpoint> {
    const { bytes, sha256 } = sealCheckpoint(state);
    const args = [execution_id, nonce, good, stage, bytes, sha256, state, KEPT_SECONDS];
    const word = await this.library.callForWord('save-checkpoint', args);
    return word === 'STALE_FENCE' ? { saved: false } : { saved: true, sequence: Number(word) };
  }

  async read(chainId: string): Promise<readonly CheckpointSlot[]> {
    const fields = await this.redis.hgetall(this.keys.key(`checkpoints:${chainId}`));
    return SLOTS.flatMap((slot) => readSlot(fields, slot));
  }
}

function readSlot(fields: Readonly<Record<string, string>>, slot: string): CheckpointSlot[] {
  const field = (name: string): string | undefined => fields[`${slot}.${name}`];
  const number = (name: string): number | undefined => {
    const value = Number(field(name) ?? NaN);
    return Number.isSafeInteger(value) ? value : undefined;
  };
  if (!Object.keys(fields).some((name) => name.startsWith(`${slot}.`))) return [];
  const { bytes, sha256 } = { bytes: number('bytes'), sha256: field('sha256') };
  return [
    {
      sequence: number('sequence') ?? 0,
      execution_id: field('execution_id'),
      attempt_number: number('attempt_number'),
      fence: number('fence'),
      stage: field('stage'),
      time: number('time'),
      state: field('state'),
      ...(bytes === undefined ? {} : { bytes }),
      ...(sha256 === undefined ? {} : { sha256 }),
    },
  ];
}
