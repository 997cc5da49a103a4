import { checkpointIsDue, PhiError, type JsonValue } from '@phi/core';
import type { StageCheckpoint } from '../contract/module-context.js';
import type { AttemptSpec } from './attempt-spec.js';

/** What a stage's checkpoints need from outside. */
export interface CheckpointHost {
  /** Monotonic clock, in milliseconds. */
  now(): number;
  /** @returns resolves when it is saved */
  onCheckpoint(stage: string, state: JsonValue): Promise<void>;
}

/** A stage's own checkpoints, bounded in size (specification: Checkpoint Recovery; rule 14). */
export const checkpointOf = (stage: string, spec: AttemptSpec, host: CheckpointHost): StageCheckpoint => {
  const saved = spec.resume.checkpoint;
  let state = saved?.stage === stage ? saved.state : undefined;
  let savedAt = host.now();
  return {
    load: () => state,
    save(next) {
      checkSize(stage, next, spec.checkpoint_max_bytes);
      state = next;
      savedAt = host.now();
      return host.onCheckpoint(stage, next);
    },
    get due() {
      return checkpointIsDue(spec, host.now() - savedAt);
    },
  };
};

const checkSize = (stage: string, state: JsonValue, maxBytes: number): void => {
  const text = JSON.stringify(state) as string | undefined;
  if (text === undefined) throw new TypeError(`the checkpoint of ${stage} is no JSON value`);
  const bytes = Buffer.byteLength(text);
  if (bytes <= maxBytes) return;
  throw new PhiError(
    'STATE_005_CHECKPOINT_TOO_LARGE',
    `the checkpoint of ${stage} has ${String(bytes)} bytes of JSON; accepted: at most ${String(maxBytes)} (CHECKPOINT_MAX_BYTES)`,
    { operation: 'checkpoint.save', data: { stage, bytes, max_bytes: maxBytes } },
  );
};
