import {
  chooseCheckpoint,
  findDamage,
  type CheckpointSlot,
  type CorruptionType,
  type ExecutionRecord,
} from '@phi/core';

import { chainOf } from './restore-checkpoint.js';
import type { Services } from './services.js';

/** A checkpoint of an execution's chain, for people and programs outside. */
export interface CheckpointView {
  readonly sequence: number;
  /** The attempt that saved it. */
  readonly execution_id: string | null;
  readonly attempt_number: number | null;
  readonly stage: string | null;
  readonly time: string | null;
  readonly bytes: number | null;
  /** How it is damaged; null where it is whole. */
  readonly damage: CorruptionType | null;
}

/** What the attempts of an execution's chain have saved, the newest first. */
export async function viewCheckpoints(
  services: Services,
  record: ExecutionRecord,
): Promise<readonly CheckpointView[]> {
  const slots = await readSlots(services, record);
  return [...slots].sort((one, other) => other.sequence - one.sequence).map(viewSlot);
}

/** The checkpoint that an attempt of the chain would go on from now, with its state in base64; null where there is none. */
export async function viewCheckpoint(
  services: Services,
  record: ExecutionRecord,
): Promise<{ readonly checkpoint: CheckpointView; readonly checkpoint_state: string } | null> {
  const slots = await readSlots(services, record);
  const { checkpoint } = chooseCheckpoint(slots, record.checkpoint ?? 0, () => true);
  if (checkpoint === undefined) return null;
  return {
    checkpoint: viewSlot(checkpoint),
    checkpoint_state: Buffer.from(checkpoint.state).toString('base64'),
  };
}

async function readSlots(services: Services, record: ExecutionRecord): Promise<readonly CheckpointSlot[]> {
  return record.checkpoint === undefined ? [] : services.checkpoints.read(chainOf(record));
}

function viewSlot(slot: CheckpointSlot): CheckpointView {
  return {
    sequence: slot.sequence,
    execution_id: slot.execution_id ?? null,
    attempt_number: slot.attempt_number ?? null,
    stage: slot.stage ?? null,
    time: slot.time === undefined ? null : new Date(slot.time).toISOString(),
    bytes: slot.bytes ?? null,
    damage: findDamage(slot) ?? null,
  };
}
