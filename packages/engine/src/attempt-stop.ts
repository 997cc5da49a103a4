import { setMaxListeners } from 'node:events';

import { executionTimeout, type JobDefinition } from '@phi/core';

/** Why a running attempt is stopped from outside its body. */
export type StopReason = 'TIMEOUT' | 'LEASE_LOST' | 'SHUTDOWN' | 'HANDED_OVER' | 'CANCELLED';

/** The longest delay a timer takes; a longer one is made of several. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Stops one attempt: when its time is up, or when its executor stops everything it runs. */
export class AttemptStop {
  private readonly controller = new AbortController();
  private timer: NodeJS.Timeout | undefined;

  /**
   * @param job - with the time that it may run from now on, however long
   * @param executor - aborted with a StopReason
   */
  constructor(
    private readonly job: Pick<JobDefinition, 'timeout_seconds'>,
    private readonly executor: AbortSignal,
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
  readonly cancel = (): void => this.controller.abort('CANCELLED' satisfies StopReason);

  /** For one that only waits for a remote module: another executor can wait as well. */
  readonly handOver = (): void => this.controller.abort('HANDED_OVER' satisfies StopReason);

  /** To be called when the attempt has ended, however it did. */
  clear(): void {
    clearTimeout(this.timer);
    this.executor.removeEventListener('abort', this.stopWithExecutor);
  }

  private readonly stopWithExecutor = (): void => this.controller.abort(this.executor.reason);

  private look(ranMs: number): void {
    const timeout = executionTimeout(this.job, ranMs);
    if (timeout.verdict === 'TERMINATE') return this.controller.abort('TIMEOUT' satisfies StopReason);
    const stepMs = Math.min(timeout.left_ms, LONGEST_TIMER_MS);
    this.timer = setTimeout(() => this.look(ranMs + stepMs), stepMs);
  }
}

/** A signal that any number of attempts listen to. */
export function executorStop(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}
