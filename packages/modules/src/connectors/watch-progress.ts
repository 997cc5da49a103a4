import type { AttemptHooks, AttemptOutcome } from '../runner/attempt-outcome.js';
import type { AttemptSpec } from '../runner/attempt-spec.js';
import type { Gate } from '../runner/gate.js';
import { HeartbeatWatch } from '../runner/heartbeat-watch.js';
import { provingHooks } from '../runner/proving-hooks.js';

type Failed = Extract<AttemptOutcome, { readonly kind: 'failed' }>;

/**
 * Runs a stage that shows its progress by the hooks alone, and stops it where its job demands progress and there is none for too long
 * (Rule 13, `watch_progress`).
 */
export const watchProgress = async <Outcome>(
  { heartbeat }: AttemptSpec,
  stage: string,
  hooks: AttemptHooks,
  gate: Gate,
  run: (hooks: AttemptHooks) => Promise<Outcome>,
): Promise<Outcome | Failed> => {
  if (!heartbeat.watch_progress) return run(hooks);
  const stop = new AbortController();
  let failure: Failed | undefined;
  const watch = new HeartbeatWatch(heartbeat, gate, (missed) => {
    const interval = String(heartbeat.heartbeat_interval_seconds);
    const message = `${stage} showed no progress: ${String(missed)} heartbeats missed, one every ${interval} s; it was stopped`;
    const error = { code: 'EXEC_013_HEARTBEAT_MISSED', message, operation: 'stage.watch', data: {} };
    failure = { kind: 'failed', stage, error };
    stop.abort(new Error(message));
  });
  const proving = provingHooks({ ...hooks, signal: AbortSignal.any([hooks.signal, stop.signal]) }, () => {
    watch.beat();
  });
  // That a program runs is no progress of it.
  const watched = { ...proving, onBeat: () => hooks.onBeat?.() };
  try {
    const outcome = await run(watched);
    return hooks.signal.aborted ? outcome : (failure ?? outcome);
  } finally {
    watch.stop();
  }
};
