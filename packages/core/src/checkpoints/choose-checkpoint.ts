import type { CorruptionType } from '../schema/state-corruption-error.js';
import { findDamage, type CheckpointSlot } from './stored-checkpoint.js';

/** A checkpoint that could not be used. */
export interface DamagedCheckpoint {
  readonly sequence: number;
  readonly corruption_type: CorruptionType;
}

export interface CheckpointChoice {
  /** Where the next attempt goes on from; undefined: from the beginning. */
  readonly checkpoint: (CheckpointSlot & { readonly state: string }) | undefined;
  /** What is newer and damaged, the newest first. */
  readonly damaged: readonly DamagedCheckpoint[];
}

/**
 * The newest checkpoint of a chain that is whole; what is damaged falls back to the one before it (specification: Checkpoint
 * Recovery, State Corruption Errors).
 *
 * @param slots - as they were found, in any order
 * @param latest - the sequence number of what the chain saved last; 0 where it saved nothing
 * @param isReadable - whether whoever is to go on from a state understands it
 */
export function chooseCheckpoint(
  slots: readonly CheckpointSlot[],
  latest: number,
  isReadable: (state: string) => boolean,
): CheckpointChoice {
  const damaged: DamagedCheckpoint[] = [];
  const newestFirst = [...slots].sort((one, other) => other.sequence - one.sequence);
  if (latest > 0 && newestFirst[0]?.sequence !== latest)
    damaged.push({ sequence: latest, corruption_type: 'PARTIAL_WRITE' });
  for (const slot of newestFirst) {
    const { state = '' } = slot;
    const corruption_type = findDamage(slot) ?? (isReadable(state) ? undefined : 'DESERIALIZE_FAIL');
    if (corruption_type === undefined) return { checkpoint: { ...slot, state }, damaged };
    if (slot.sequence > 0) damaged.push({ sequence: slot.sequence, corruption_type });
  }
  return { checkpoint: undefined, damaged };
}
