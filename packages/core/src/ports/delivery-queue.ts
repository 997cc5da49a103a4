/** One delivery of an admitted execution; a later one of the same execution has a higher number. */
export interface Delivery {
  readonly execution_id: string;
  readonly delivery: number;
  /** The dedicated pool that it belongs to; absent for what every executor takes that names no pools. */
  readonly pool?: string;
}

/** Brings admitted executions to executors. It decides nothing: whoever takes delivery must claim. */
export interface DeliveryQueue {
  deliver(deliveries: readonly Delivery[]): Promise<void>;
  /** Whether a delivery still waits to be taken. */
  isWaiting(delivery: Delivery): Promise<boolean>;
}
