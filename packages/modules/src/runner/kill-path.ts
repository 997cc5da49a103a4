/** The steps by which a body is stopped, each harder than the one before. */
export interface KillSteps {
  /** Asks the body to stop. */
  abort(reason: string): void;
  terminate(): void;
  kill(): void;
}

export interface KillDelays {
  /** From the request to SIGTERM, in milliseconds (GRACEFUL_TIMEOUT_SECONDS). */
  readonly gracefulMs: number;
  /** From SIGTERM to SIGKILL, in milliseconds (FORCE_KILL_AFTER_SECONDS). */
  readonly forceKillMs: number;
}

const reasonOf = (signal: AbortSignal): string =>
  signal.reason instanceof Error ? signal.reason.message : String(signal.reason);

/**
 * Once `signal` is aborted: asks, after `gracefulMs` terminates, and after `forceKillMs` more kills (specification,
 * Timeout Errors).
 *
 * @returns ends the watch; to be called when the body no longer runs
 */
export const armKillPath = (signal: AbortSignal, steps: KillSteps, delays: KillDelays): (() => void) => {
  let timer: NodeJS.Timeout | undefined;
  const start = (): void => {
    steps.abort(reasonOf(signal));
    timer = setTimeout(() => {
      steps.terminate();
      timer = setTimeout(() => {
        steps.kill();
      }, delays.forceKillMs);
    }, delays.gracefulMs);
  };
  if (signal.aborted) start();
  else signal.addEventListener('abort', start, { once: true });
  return () => {
    signal.removeEventListener('abort', start);
    clearTimeout(timer);
  };
};
