import type { Checkpoint } from '../schema/checkpoint.js';

/**
 * Whether a body should save where it stands (specification: Rule 14, Checkpoint Frequency).
 *
 * @param sinceMs - milliseconds since the last checkpoint, or since the stage began
 */
export function checkpointIsDue(
  { checkpoint_interval_seconds }: Pick<Checkpoint, 'checkpoint_interval_seconds'>,
  sinceMs: number,
): boolean {
  return sinceMs >= checkpoint_interval_seconds * 1000;
}

/**
 * Whether the end of a stage is saved (specification: Rule 14, Checkpoint Frequency). After the last stage the result itself is
 * on its way.
 */
export function checkpointsAfterStage(
  { checkpoint_on_stage }: Pick<Checkpoint, 'checkpoint_on_stage'>,
  isLastStage: boolean,
): boolean {
  return checkpoint_on_stage && !isLastStage;
}
