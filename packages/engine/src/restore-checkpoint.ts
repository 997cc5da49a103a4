import {
  chooseCheckpoint,
  deriveId,
  type AttemptRunner,
  type CheckpointChoice,
  type ExecutionRecord,
  type StateCorruptionError,
} from '@phi/core';

import type { ExecutorContext } from './executor-context.js';
import type { HistoryNotes } from './history-notes.js';
import type { Services } from './services.js';

/** Where an attempt goes on from, with what is damaged of what its chain has saved (specification: Checkpoint Recovery). */
export async function readCheckpoint(
  services: Services,
  record: ExecutionRecord,
  runner: Pick<AttemptRunner, 'canResume'>,
): Promise<CheckpointChoice> {
  const { checkpoint: latest = 0 } = record;
  if (latest === 0) return { checkpoint: undefined, damaged: [] };
  const slots = await services.checkpoints.read(chainOf(record));
  return chooseCheckpoint(slots, latest, (state) => runner.canResume(state));
}

/**
 * Tells of damaged checkpoints: in the history and the log of the execution, and in `phi_execution_errors` (specification: State
 * Corruption Errors). That nobody can be told keeps no attempt from running.
 */
export async function tellDamage(
  context: ExecutorContext,
  record: ExecutionRecord,
  { checkpoint, damaged }: CheckpointChoice,
  notes: HistoryNotes,
): Promise<void> {
  for (const { sequence, corruption_type } of damaged) {
    const error: StateCorruptionError = {
      execution_id: record.execution_id,
      state_type: 'CHECKPOINT',
      corruption_type,
      recovery_attempted: true,
      recovery_successful: checkpoint !== undefined,
      data_loss_scope:
        checkpoint === undefined
          ? 'what the attempts before have done: this one starts from the beginning'
          : `what was done between checkpoints ${String(checkpoint.sequence)} and ${String(sequence)}`,
    };
    notes.tell('FALL_BACK', describeDamage(sequence, error));
    const id = deriveId('state-corruption', record.execution_id, sequence, corruption_type);
    const report = { id, error_code: CORRUPT, error };
    await context.services.errors
      .report('phi_execution_errors', report)
      .catch((error: unknown) => context.onTrouble?.(error));
  }
}

const CORRUPT = 'STATE_001_CHECKPOINT_CORRUPT';

function describeDamage(sequence: number, error: StateCorruptionError): string {
  return `${CORRUPT}: checkpoint ${String(sequence)} is damaged (${error.corruption_type}); lost is ${error.data_loss_scope}`;
}

/** The first attempt's id: what survives a retry is kept under it. */
export function chainOf({ execution_id, parent_execution_id }: ExecutionRecord): string {
  return parent_execution_id ?? execution_id;
}
