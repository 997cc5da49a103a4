import type { AttemptHooks } from './attempt-outcome.js';

/** Hooks by which whatever a body does proves that it lives (Rule 13, `watch_progress`). */
export const provingHooks = (hooks: AttemptHooks, onProof: () => void): AttemptHooks => {
  const prove = (): void => {
    onProof();
    hooks.onBeat?.();
  };
  return {
    ...hooks,
    onBeat: prove,
    onLog: (entry) => {
      prove();
      hooks.onLog?.(entry);
    },
    onProgress: (stage, records) => {
      prove();
      hooks.onProgress?.(stage, records);
    },
    onStageDone: (report) => {
      prove();
      hooks.onStageDone?.(report);
    },
    onCheckpoint: async (stage, state) => {
      prove();
      await hooks.onCheckpoint?.(stage, state);
    },
    onPublish: (dataset) => {
      prove();
      hooks.onPublish?.(dataset);
    },
  };
};
