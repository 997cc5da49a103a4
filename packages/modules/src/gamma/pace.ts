import { performance } from 'node:perf_hooks';
import { setTimeout as wait } from 'node:timers/promises';

/** Keeps a delivery within a rate. */
export interface Pace {
  /** Of the records to hand over at once, so that a slow delivery moves in steps of about a second. */
  atOnce(wanted: number): number;
  /** Waits until so many more records may be handed over. */
  before(records: number): Promise<void>;
}

/**
 * @param perSecond records; undefined for no limit
 * @param signal ends a wait with its reason
 */
export const createPace = (perSecond: number | undefined, signal: AbortSignal): Pace => {
  if (perSecond === undefined) return { atOnce: (wanted) => wanted, before: async () => undefined };
  let free = performance.now();
  return {
    atOnce: (wanted) => Math.min(wanted, Math.ceil(perSecond)),
    async before(records) {
      const ms = free - performance.now();
      if (ms > 0) {
        await wait(ms, undefined, { signal }).catch((error: unknown) => {
          signal.throwIfAborted();
          throw error;
        });
      }
      // What was not used is not saved up: after a stop the rate stays what it is.
      free = Math.max(free, performance.now()) + (records / perSecond) * 1000;
    },
  };
};
