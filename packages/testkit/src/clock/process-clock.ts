import { rmSync } from 'node:fs';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/**
 * The wall clock of processes that a test starts, moved while they run; time that they measure goes on evenly.
 *
 * Redis cannot be run under it: it hangs.
 */
export class ProcessClock {
  #dir: string | undefined;

  private constructor(
    private readonly library: string,
    dir: string,
  ) {
    this.#dir = dir;
  }

  /**
   * A clock that shows the real time until it is moved.
   *
   * @param library - the file of libfaketime
   */
  static async create(library: string): Promise<ProcessClock> {
    const clock = new ProcessClock(library, await mkdtemp(path.join(tmpdir(), 'phi-clock-')));
    await clock.set(0);
    return clock;
  }

  /** What a process has in its environment to go by this clock, and all that it starts. */
  get env(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      // Else a process looks at the file every ten seconds.
      FAKETIME_NO_CACHE: '1',
      // Timers and durations go by the monotonic clock; a jump of the wall clock leaves it alone.
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
      NO_FAKE_STAT: '1',
    };
  }

  /** Moves it to so many milliseconds from the real time, backwards too. */
  async set(offsetMs: number): Promise<void> {
    const seconds = (offsetMs / 1000).toFixed(3);
    const draft = `${this.#file}.new`;
    await writeFile(draft, offsetMs < 0 ? seconds : `+${seconds}`);
    // A process must never find half a number.
    await rename(draft, this.#file);
  }

  /** Told of the end of a process that went by it: removes from shared memory what one that is killed leaves there. */
  ended(pid: number): void {
    for (const name of [`faketime_shm_${String(pid)}`, `sem.faketime_sem_${String(pid)}`]) {
      rmSync(path.join('/dev/shm', name), { force: true });
    }
  }

  /** Removes what processes read it from; meant for `afterEach`, when they have ended. */
  async remove(): Promise<void> {
    if (this.#dir !== undefined) await rm(this.#dir, { recursive: true, force: true });
    this.#dir = undefined;
  }

  get #file(): string {
    if (this.#dir === undefined) throw new Error('this clock was removed');
    return path.join(this.#dir, 'offset');
  }
}
