/** What may come at once, in characters. */
const BURST = 1024 * 1024;
/** What may come for long, in characters a millisecond: 256 thousand a second. */
const RATE = 256;

/** How much a body may print before lines of it are dropped: what floods would be kept by nobody, and fills this process' memory. */
export class LineAllowance {
  #left = BURST;
  #at = performance.now();

  /** @returns false where the line is to be dropped */
  take(length: number): boolean {
    const now = performance.now();
    this.#left = Math.min(BURST, this.#left + (now - this.#at) * RATE);
    this.#at = now;
    if (this.#left < length) return false;
    // An empty line costs as well.
    this.#left -= length + 1;
    return true;
  }
}
