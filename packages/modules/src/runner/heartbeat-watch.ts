import { bodyHeartbeat, type Heartbeat } from '@phi/core';

/** The child whose heartbeats are watched. */
export interface WatchedChild {
  readonly isFrozen: boolean;
  /** How often it was frozen. */
  readonly freezes: number;
}

/**
 * Counts the heartbeats that a body misses (specification: Rule 13). Only intervals count in which both were awake: the body, which
 * may be frozen, and this process, whose timers come late and once where it was not.
 */
export class HeartbeatWatch {
  readonly #timer: NodeJS.Timeout;
  #seen = true;
  #missed = 0;
  #freezes: number;

  /**
   * @param onMissed called once, with how many were missed
   */
  constructor(
    private readonly policy: Heartbeat,
    private readonly child: WatchedChild,
    private readonly onMissed: (missed: number) => void,
  ) {
    this.#freezes = child.freezes;
    // Judged after what has arrived meanwhile is read.
    this.#timer = setInterval(() => {
      setImmediate(() => {
        this.#judge();
      });
    }, policy.heartbeat_interval_seconds * 1000);
  }

  beat(): void {
    this.#seen = true;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #judge(): void {
    const wasFrozen = this.child.isFrozen || this.child.freezes !== this.#freezes;
    this.#freezes = this.child.freezes;
    this.#missed = this.#seen || wasFrozen ? 0 : this.#missed + 1;
    this.#seen = wasFrozen;
    if (bodyHeartbeat(this.#missed, this.policy) === 'ALIVE') return;
    this.stop();
    this.onMissed(this.#missed);
  }
}
