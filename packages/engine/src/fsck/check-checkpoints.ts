import { findDamage, findingOf, type CheckpointSlot, type CorruptionType } from '@phi/core';

import type { WalkContext } from './walk.js';

/** Invariant 8: what chains have saved is as it was saved. A slot is written, and both are read, in one command. */
export async function checkCheckpoints(
  { services, tally }: WalkContext,
  chainIds: readonly string[],
): Promise<void> {
  tally.count([8], chainIds.length);
  for (const id of chainIds) {
    for (const slot of await services.checkpoints.read(id)) {
      const damage = damageOf(slot);
      if (damage === undefined) continue;
      const detail = `its checkpoint ${String(slot.sequence)} is damaged (${damage})`;
      tally.add([findingOf('CHECKPOINT_DAMAGED', { kind: 'chain', id }, detail)]);
    }
  }
}

/** What stands beside the state is not sealed: only that it is there can be seen. */
function damageOf(slot: CheckpointSlot): CorruptionType | undefined {
  const { execution_id, attempt_number, fence, stage, time } = slot;
  const isWhole = [execution_id, attempt_number, fence, stage, time].every((value) => value !== undefined);
  return findDamage(slot) ?? (isWhole ? undefined : 'PARTIAL_WRITE');
}
