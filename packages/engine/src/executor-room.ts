import type { Amounts, AmountsRequest } from '@phi/core';

/** What nothing is requested of. */
const NOTHING: AmountsRequest = [0, 0, 0, 0];

interface Waiting {
  readonly request: AmountsRequest;
  readonly goOn: () => void;
}

/** A place that is kept for what was delivered until it has entered, or is not to run here after all. */
export interface Reservation {
  /** Gives it back; once is enough. */
  release(): void;
}

/**
 * What runs on an executor, against what it has. Admission keeps what is delivered within that; here it matters only to what comes
 * back from a remote wait, which had given its room away: it waits for others to end, and what is delivered later waits for it
 * (docs/adr/0026-remote-waits.md).
 */
export class ExecutorRoom {
  private bodies = 0;
  private used: AmountsRequest = NOTHING;
  private readonly comingBack: Waiting[] = [];
  private readonly delivered: ((reservation: Reservation) => void)[] = [];
  private readonly away = new Set<() => void>();
  private closed = false;
  private readonly capacity: AmountsRequest;

  /**
   * @param places - how many executions run at once
   * @param amounts - what they may request in sum
   */
  constructor(
    private readonly places: number,
    amounts: Amounts,
  ) {
    const limit = (amount: number | null): number => amount ?? Infinity;
    this.capacity = [
      limit(amounts.cpu_cores) * 1000,
      limit(amounts.memory_mb),
      limit(amounts.disk_mb),
      limit(amounts.network_bandwidth_mbps),
    ];
  }

  /** For what is delivered: resolves when nothing that comes back waits for room and there is a place, which is kept for it. */
  async turn(): Promise<Reservation> {
    if (this.comingBack.length === 0 && this.bodies < this.places) return this.reserve();
    return new Promise((resolve) => this.delivered.push(resolve));
  }

  enter(request: AmountsRequest = NOTHING): void {
    this.bodies += 1;
    this.used = sum(this.used, request, 1);
  }

  leave(request: AmountsRequest = NOTHING): void {
    this.bodies -= 1;
    this.used = sum(this.used, request, -1);
    this.letGoOn();
  }

  /** Resolves when there is room, which is taken then; or once it is stopped, with nothing taken. @returns whether it was taken */
  async comeBack(request: AmountsRequest | undefined, signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    const wanted = request ?? NOTHING;
    if (this.comingBack.length === 0 && this.fits(wanted)) {
      this.enter(wanted);
      return true;
    }
    return new Promise((resolve) => {
      const stop = (): void => {
        this.comingBack.splice(this.comingBack.indexOf(waiting), 1);
        this.letGoOn();
        resolve(false);
      };
      const waiting = {
        request: wanted,
        goOn: (): void => {
          signal.removeEventListener('abort', stop);
          resolve(true);
        },
      };
      this.comingBack.push(waiting);
      signal.addEventListener('abort', stop, { once: true });
    });
  }

  /**
   * Keeps what is to be called once the executor drains, for an attempt that only waits for a remote module.
   *
   * @returns for when it waits no more
   */
  whileAway(handOver: () => void): () => void {
    if (this.closed) handOver();
    this.away.add(handOver);
    return () => this.away.delete(handOver);
  }

  /** The executor drains: what only waits for remote modules is handed over. */
  close(): void {
    this.closed = true;
    for (const handOver of this.away) handOver();
  }

  private reserve(): Reservation {
    this.enter();
    let isKept = true;
    return {
      release: () => {
        if (isKept) this.leave();
        isKept = false;
      },
    };
  }

  private fits(request: AmountsRequest): boolean {
    if (this.bodies >= this.places) return false;
    return sum(this.used, request, 1).every((used, index) => {
      const has = this.capacity[index] ?? Infinity;
      // What is more than all there is was admitted before there was less: it fits once it is alone.
      return used <= has || this.bodies === 0;
    });
  }

  private letGoOn(): void {
    for (let first = this.comingBack[0]; first !== undefined; first = this.comingBack[0]) {
      if (!this.fits(first.request)) return;
      this.comingBack.shift();
      this.enter(first.request);
      first.goOn();
    }
    while (this.bodies < this.places) {
      const goOn = this.delivered.shift();
      if (goOn === undefined) return;
      goOn(this.reserve());
    }
  }
}

function sum(used: AmountsRequest, request: AmountsRequest, sign: number): AmountsRequest {
  const [cpu, memory, disk, network] = used.map((number, index) => number + sign * (request[index] ?? 0));
  return [cpu ?? 0, memory ?? 0, disk ?? 0, network ?? 0];
}
