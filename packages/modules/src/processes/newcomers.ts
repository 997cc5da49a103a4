import { existsSync } from 'node:fs';
import { everyPid, readProcFile } from './proc-files.js';

/** Beyond so many new numbers a look at all processes costs less. */
const MANY = 256;
/** After so long the numbers may have gone round, in milliseconds. */
const STALE_MS = 2000;

/**
 * Finds what was started since the last look without looking at all there is: Linux hands out numbers in sequence
 * and tells the last one.
 */
export class Newcomers {
  #before = lastPid();
  #last = this.#before;
  #lookedAt = performance.now();

  /** Leaves out what was started until now: nobody could have started anything of interest. */
  skip(): void {
    this.#before = this.#last = lastPid();
    this.#lookedAt = performance.now();
  }

  /** @returns processes and threads that may be new; never fewer than are, and none where nothing was started */
  look(): number[] {
    const from = this.#before;
    const last = lastPid();
    const isStale = performance.now() - this.#lookedAt > STALE_MS;
    this.#lookedAt = performance.now();
    // From the look before the last one on: what gets its number may be visible only a moment later.
    this.#before = this.#last;
    this.#last = last;
    // Not so where the numbers have begun anew, or are not told.
    const isRange = !isStale && last >= from && last - from <= MANY;
    if (!isRange) return everyPid();
    return Array.from({ length: last - from }, (_, index) => from + 1 + index).filter((pid) =>
      existsSync(`/proc/${String(pid)}`),
    );
  }
}

/** The number that was given to a process or thread last; NaN where it is not told. */
export const lastPid = (): number => Number(readProcFile('loadavg')?.trim().split(' ').at(-1));
