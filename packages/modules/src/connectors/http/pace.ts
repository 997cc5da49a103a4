/** How quickly pauses grow from one to the next. */
const GROWTH = 1.5;
/** How far a pause may be from its length, as a share of it: many waits that began together part. */
const JITTER = 0.2;

/** Pauses between requests that grow up to a limit. */
export class Pace {
  #next: number;

  /** @param random 0 <= random < 1 */
  constructor(
    private readonly firstMs: number,
    private readonly longestMs: number,
    private readonly random: () => number,
  ) {
    this.#next = Math.min(firstMs, longestMs);
  }

  /** @param atLeastMs what the other side wants */
  next(atLeastMs = 0): number {
    const pause = this.#next * (1 + JITTER * (2 * this.random() - 1));
    this.#next = Math.min(this.#next * GROWTH, this.longestMs);
    return Math.max(pause, atLeastMs);
  }

  /** From now on only the longest. */
  slowDown(): void {
    this.#next = this.longestMs;
  }

  startOver(): void {
    this.#next = Math.min(this.firstMs, this.longestMs);
  }
}
