/** The longest delay a timer takes; a longer one is made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Aborts its signal after a delay, however long. */
export class Deadline {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  /** @param delayMs - milliseconds from now */
  constructor(delayMs: number) {
    this.arm(delayMs);
  }

  get signal(): AbortSignal {
    return this.controller.signal;
  }

  clear(): void {
    clearTimeout(this.timer);
  }

  private arm(leftMs: number): void {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    this.timer = setTimeout(() => {
      if (leftMs > stepMs) this.arm(leftMs - stepMs);
      else this.controller.abort('TIMEOUT');
    }, stepMs);
  }
}
