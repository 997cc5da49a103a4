import { setTimeout as pause } from 'node:timers/promises';

import { ApiProblem } from './api-problem.js';
import { Unreachable } from './unreachable.js';

/** The same request, a little later, may be answered: the queue is full, or the API or what it needs is away. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;
/** However long the API asks for, in milliseconds. */
const LONGEST_RETRY_AFTER_MS = 30_000;

/** Whether the same request can do better a little later. */
export function isPassing(error: unknown): error is ApiProblem | Unreachable {
  return error instanceof Unreachable || (error instanceof ApiProblem && PASSING.has(error.status));
}

/**
 * How long to wait before a request is tried again: longer each time, never sooner than the API asks for, and with a
 * random half, so that callers who were refused together do not come back together.
 *
 * @param failures - how often it was tried in vain, from 1
 * @param random - from 0 up to 1
 */
export function retryPauseMs(failures: number, error: ApiProblem | Unreachable, random: number): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  const asked = error instanceof ApiProblem ? (error.retryAfterMs ?? 0) : 0;
  return Math.min(asked, LONGEST_RETRY_AFTER_MS) + longest * (0.5 + random / 2);
}

export interface RetryOptions {
  /** How often in all. */
  readonly tries: number;
  readonly random: () => number;
  readonly signal?: AbortSignal | undefined;
}

/** Asks until there is an answer, or a refusal that would be the same the next time, or it was tried often enough. */
export async function retrying<T>(options: RetryOptions, ask: () => Promise<T>): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || failures >= options.tries) throw error;
      await wait(retryPauseMs(failures, error, options.random()), options.signal);
    }
  }
}

/** @throws the reason of `signal` as soon as that is aborted */
export async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await pause(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
