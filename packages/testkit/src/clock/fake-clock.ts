import type { Clock } from '@phi/core';

/**
 * A clock that stands still until a test moves it.
 *
 * It implements the Clock port of `@phi/core`: `now()` answers milliseconds since 1970.
 */
export class FakeClock implements Clock {
  #now: number;

  /** @param start an instant in milliseconds since 1970, or an ISO 8601 string */
  constructor(start: number | string = '2026-01-01T00:00:00.000Z') {
    this.#now = instant(start);
  }

  readonly now = (): number => this.#now;

  /**
   * Moves the clock forward.
   *
   * @param ms at least 0: time does not run backwards unless `set` says so
   */
  advance(ms: number): number {
    if (!(ms >= 0)) throw new RangeError(`advance: ms must be at least 0, got ${ms}`);
    this.#now += ms;
    return this.#now;
  }

  /** Sets the clock, backwards too: hosts' clocks do jump. */
  set(at: number | string): number {
    this.#now = instant(at);
    return this.#now;
  }
}

function instant(at: number | string): number {
  const ms = typeof at === 'number' ? at : Date.parse(at);
  if (!Number.isFinite(ms)) throw new RangeError(`not an instant: ${at}`);
  return ms;
}
