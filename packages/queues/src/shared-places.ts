/** What takes from one of the queues; BullMQ reads its concurrency before each message it fetches. */
interface Taker {
  concurrency: number;
}

/** The places of one process, shared by the workers of several queues: what one does not use, the others may. */
export class SharedPlaces {
  private readonly running = new Map<Taker, number>();
  private readonly waiting: (() => void)[] = [];
  private free: number;

  constructor(places: number) {
    this.free = places;
  }

  add(taker: Taker): void {
    this.running.set(taker, 0);
    this.adjust();
  }

  /** Does work in a place. A worker fetches one message at least: it waits here when no place is free. */
  async within<T>(taker: Taker, work: () => Promise<T>): Promise<T> {
    if (this.free === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    else this.free--;
    this.change(taker, 1);
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next === undefined) this.free++;
      else next();
      this.change(taker, -1);
    }
  }

  private change(taker: Taker, by: number): void {
    this.running.set(taker, (this.running.get(taker) ?? 0) + by);
    this.adjust();
  }

  private adjust(): void {
    for (const [taker, running] of this.running) taker.concurrency = Math.max(1, running + this.free);
  }
}
