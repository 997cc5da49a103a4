/** One delivery of an admitted execution; a later one of the same execution has a higher number. */
export interface Delivery {
  readonly execution_id: string;
  readonly delivery: number;
  /** The dedicated pool that it belongs to; absent for what every executor takes that names no pools. */
  readonly pool?: string;
}

/** A delivery as it stands in a queue. */
export interface QueuedDelivery {
  /** Of the delivery, in its queue. */
  readonly id: string;
  readonly queue: string;
  readonly execution_id: string;
  /** `waiting`, `active`, ... as BullMQ says it. */
  readonly state: string;
}

/** Brings admitted executions to executors. It decides nothing: whoever takes delivery must claim. */
export interface DeliveryQueue {
  deliver(deliveries: readonly Delivery[]): Promise<void>;
  /** Whether a delivery still waits to be taken. */
  isWaiting(delivery: Delivery): Promise<boolean>;
  /**
   * A page of what has not ended, queue by queue.
   *
   * @param pools - those that may have a queue of their own
   * @param removed - how many of the pages before have been removed since: what followed them has moved up
   */
  list(
    pools: readonly string[],
    cursor?: string,
    removed?: number,
  ): Promise<{ readonly deliveries: readonly QueuedDelivery[]; readonly next_cursor?: string }>;
  /** @returns whether it is gone; not where a worker has it locked */
  remove(delivery: QueuedDelivery): Promise<boolean>;
}
