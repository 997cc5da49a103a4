import { setMaxListeners } from 'node:events';

/** Why a running attempt is stopped from outside its body. */
export type StopReason = 'TIMEOUT' | 'LEASE_LOST' | 'SHUTDOWN' | 'CANCELLED';

/** The longest delay a timer takes; a longer one is made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Stops one attempt: when its time is up, or when its executor stops everything it runs. */
export class AttemptStop {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param timeoutMs - milliseconds from now, however many
   * @param executor - aborted with a StopReason
   */
  constructor(
    timeoutMs: number,
    private readonly executor: AbortSignal,
  ) {
    this.arm(timeoutMs);
    if (executor.aborted) this.stopWithExecutor();
    else executor.addEventListener('abort', this.stopWithExecutor);
  }

  /** Aborted with a StopReason. */
  get signal(): AbortSignal {
    return this.controller.signal;
  }

  get reason(): StopReason | undefined {
    return this.signal.reason as StopReason | undefined;
  }

  /** For an execution that was asked to stop. */
  readonly cancel = (): void => this.controller.abort('CANCELLED' satisfies StopReason);

  /** To be called when the attempt has ended, however it did. */
  clear(): void {
    clearTimeout(this.timer);
    this.executor.removeEventListener('abort', this.stopWithExecutor);
  }

  private readonly stopWithExecutor = (): void => this.controller.abort(this.executor.reason);

  private arm(leftMs: number): void {
    const stepMs = Math.min(leftMs, LONGEST_TIMER_MS);
    this.timer = setTimeout(() => {
      if (leftMs > stepMs) this.arm(leftMs - stepMs);
      else this.controller.abort('TIMEOUT' satisfies StopReason);
    }, stepMs);
  }
}

/** A signal that any number of attempts listen to. */
export function executorStop(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
