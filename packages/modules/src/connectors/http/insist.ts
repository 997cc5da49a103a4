import { ModuleTrouble } from './module-trouble.js';
import type { Pace } from './pace.js';
import type { Pauses } from './pause.js';
import { unlessStopped } from './unless-stopped.js';

export interface Insistence {
  readonly signal: AbortSignal;
  readonly pauses: Pauses;
  readonly pace: Pace;
  /** How long what fails is repeated, in milliseconds. */
  readonly forMs: number;
}

/**
 * Repeats what fails until it does not.
 *
 * @throws its last error, at once where the module refuses for good; the signal's reason
 */
export const insist = async <T>(
  { signal, pauses, pace, forMs }: Insistence,
  work: () => Promise<T>,
): Promise<T> => {
  const began = performance.now();
  for (;;) {
    try {
      return await unlessStopped(signal, work());
    } catch (error) {
      signal.throwIfAborted();
      const trouble = error instanceof ModuleTrouble ? error : undefined;
      if (trouble?.refused === true || performance.now() - began >= forMs) throw error;
      await pauses.rest(pace.next(trouble?.retryAfterMs));
    }
  }
};
