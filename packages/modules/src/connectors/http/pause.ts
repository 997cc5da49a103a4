/** The longest delay that a timer takes. */
const LONGEST_MS = 2 ** 31 - 1;

/** Pauses that end early when there is something to see. */
export class Pauses {
  #woken = false;
  #end: (() => void) | undefined;

  /** @param signal ends a pause with its reason */
  constructor(private readonly signal: AbortSignal) {}

  readonly wake = (): void => {
    this.#woken = true;
    this.#end?.();
  };

  /**
   * @returns whether it was woken, now or since the last pause
   * @throws the signal's reason
   */
  async pause(ms: number): Promise<boolean> {
    this.signal.throwIfAborted();
    if (!this.#woken) await this.#wait(ms, true);
    this.signal.throwIfAborted();
    const woken = this.#woken;
    this.#woken = false;
    return woken;
  }

  /** The same, but not to be woken. */
  async rest(ms: number): Promise<void> {
    this.signal.throwIfAborted();
    await this.#wait(ms, false);
    this.signal.throwIfAborted();
  }

  #wait(ms: number, wakeable: boolean): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        this.#end = undefined;
        this.signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, Math.min(ms, LONGEST_MS));
      this.signal.addEventListener('abort', end, { once: true });
      if (wakeable) this.#end = end;
    });
  }
}
