import type { ServerFacts } from '../redis/server-requirements.js';
import type { DataLoss, Epoch, ReportedLoss } from '../redis/data-loss.js';

/** What Redis says of itself. */
export interface ServerStore {
  facts(): Promise<ServerFacts>;
}

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

/** Keeps an acknowledgement back until what it is about will survive (DURABILITY). */
export interface Durability {
  /** To be called before anything is written. @returns what to confirm it by */
  begin(): number;
  /**
   * Resolves when everything that this process wrote since is as safe as DURABILITY asks for.
   *
   * @throws PhiError STATE_050_NOT_DURABLE when it is not in time, or another server may have taken over: it is done, and may be lost
   */
  confirm(begun: number): Promise<void>;
}
