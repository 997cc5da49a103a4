import { setMaxListeners } from 'node:events';

import { executionTimeout, NO_OVERRUN, type ExecutionLimit, type OverrunSoFar } from '@phi/core';

/** Why a running attempt is stopped from outside its body. */
export type StopReason = 'TIMEOUT' | 'LEASE_LOST' | 'SHUTDOWN' | 'HANDED_OVER' | 'CANCELLED';

/**
 * What is said of a body that ran into its limit and goes on.
 *
 * @param extensions - with EXTEND: how often its time has been extended, this time included
 */
export type OverrunListener = (verdict: 'WARN' | 'EXTEND', extensions: number) => void;

/** The longest delay a timer takes; a longer one is made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Stops one attempt: when its time is up, or when its executor stops everything it runs. */
export class AttemptStop {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private soFar: OverrunSoFar = NO_OVERRUN;

  /**
   * @param limit - the time that it may run from now on
   * @param executor - aborted with a StopReason
   * @param onOverrun - told each time it may go on although its time was up
   */
  constructor(
    private readonly limit: ExecutionLimit,
    private readonly executor: AbortSignal,
    private readonly onOverrun: OverrunListener,
  ) {
    this.look(0);
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
  readonly cancel = (): void => this.stop('CANCELLED');

  /** For one that only waits for a remote module: another executor can wait as well. */
  readonly handOver = (): void => this.stop('HANDED_OVER');

  /** To be called when the attempt has ended, however it did. */
  clear(): void {
    clearTimeout(this.timer);
    this.executor.removeEventListener('abort', this.stopWithExecutor);
  }

  private readonly stopWithExecutor = (): void => this.stop(this.executor.reason as StopReason);

  /** One that is stopping is not told of its limit any more. */
  private stop(reason: StopReason): void {
    clearTimeout(this.timer);
    this.controller.abort(reason);
  }

  private look(ranMs: number): void {
    const timeout = executionTimeout(this.limit, ranMs, this.soFar);
    if (timeout.verdict === 'TERMINATE') return this.stop('TIMEOUT');
    if (timeout.verdict !== 'CONTINUE') {
      this.goOn(timeout.verdict);
      return this.look(ranMs);
    }
    if (timeout.left_ms === Infinity) return;
    const stepMs = Math.min(timeout.left_ms, LONGEST_TIMER_MS);
    this.timer = setTimeout(() => this.look(ranMs + stepMs), stepMs);
  }

  private goOn(verdict: 'WARN' | 'EXTEND'): void {
    const { warned, extensions } = this.soFar;
    this.soFar = verdict === 'WARN' ? { warned: true, extensions } : { warned, extensions: extensions + 1 };
    this.onOverrun(verdict, this.soFar.extensions);
  }
}

/** A signal that any number of attempts listen to. */
export function executorStop(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
