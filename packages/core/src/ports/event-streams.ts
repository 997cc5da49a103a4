/** An entry of a stream, with the names and values of its fields in their order. */
export interface StreamEntry {
  readonly key: string;
  readonly id: string;
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/**
 * Streams that others write to on the same Redis, read by all schedulers of a namespace as one consumer group: each entry is
 * given to one of them, and is its to handle until it acknowledges it or has been silent for too long.
 */
export interface EventStreams {
  /**
   * Joins the group of a stream. Neither need be there: the group begins with the oldest entry, so that none is lost.
   *
   * @returns NOT_A_STREAM where the key holds something else
   */
  join(key: string): Promise<'JOINED' | 'NOT_A_STREAM'>;
  /**
   * Takes entries that nobody was given before, of streams that were joined.
   *
   * @param limit - of each stream
   * @param waitMs - how long to wait for the first entry, in milliseconds; 0 does not wait
   * @returns LOST when one of them has to be joined again: it was removed or replaced
   */
  read(keys: readonly string[], limit: number, waitMs: number): Promise<readonly StreamEntry[] | 'LOST'>;
  /** Takes over entries that somebody was given and has not acknowledged for so long, in milliseconds. */
  takeOver(key: string, idleMs: number, limit: number): Promise<readonly StreamEntry[] | 'LOST'>;
  acknowledge(key: string, id: string): Promise<void>;
  /** Leaves the groups, except where something is still to be handled, and closes the connection. */
  close(): Promise<void>;
}
