import { createHash } from 'node:crypto';

import type { CorruptionType } from '../schema/state-corruption-error.js';

/** What is said of a checkpoint's state by who saves it, so that damage shows. */
export interface CheckpointSeal {
  /** Length of the state in UTF-8. */
  readonly bytes: number;
  /** Of the state in UTF-8, hexadecimal. */
  readonly sha256: string;
}

/** One of the two slots of a chain's checkpoints, as it was found: what is missing in it is undefined. */
export interface CheckpointSlot extends Partial<CheckpointSeal> {
  /** Grows by one with each checkpoint of the chain; 0 where it cannot be read. */
  readonly sequence: number;
  /** The attempt that saved it. */
  readonly execution_id?: string | undefined;
  readonly attempt_number?: number | undefined;
  /** The lease under which it did. */
  readonly fence?: number | undefined;
  /** The module that was running, or had just ended. */
  readonly stage?: string | undefined;
  /** Epoch milliseconds, Redis' clock. */
  readonly time?: number | undefined;
  readonly state?: string | undefined;
}

export function sealCheckpoint(state: string): CheckpointSeal {
  return {
    bytes: Buffer.byteLength(state),
    sha256: createHash('sha256').update(state).digest('hex'),
  };
}

/** How a checkpoint is damaged (specification: State Corruption Errors); undefined where its state is as it was saved. */
export function findDamage({ sequence, state, bytes, sha256 }: CheckpointSlot): CorruptionType | undefined {
  if (sequence === 0 || state === undefined || bytes === undefined || sha256 === undefined)
    return 'PARTIAL_WRITE';
  const found = sealCheckpoint(state);
  if (found.bytes !== bytes) return 'PARTIAL_WRITE';
  return found.sha256 === sha256 ? undefined : 'CHECKSUM_MISMATCH';
}
