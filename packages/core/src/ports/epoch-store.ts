import type { DataLoss, Epoch, ReportedLoss } from '../redis/data-loss.js';

/** Whether Redis still holds what it held (docs/adr/0033-redis-in-trouble.md). */
export interface EpochStore {
  /**
   * Moves the mark on to the present.
   *
   * @param newDataSet - the id that the data set gets if it has none yet
   */
  advance(newDataSet: string): Promise<Epoch>;
  /** Enters a loss, or adds to what is known of it. @returns whether it is new, or was when the same `foundBy` asked before */
  report(loss: DataLoss, foundBy: string): Promise<boolean>;
  /** The losses that nobody has acknowledged, the earliest first. */
  losses(): Promise<readonly ReportedLoss[]>;
  /** @returns what was acknowledged */
  acknowledge(): Promise<readonly ReportedLoss[]>;
}
