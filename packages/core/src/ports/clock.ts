/** Wall-clock time of this process, epoch milliseconds. Decisions about time go by Redis' clock instead. */
export interface Clock {
  now(): number;
}

export interface Random {
  /** A number from 0 up to, but not including, 1. */
  next(): number;
}

export interface IdSource {
  /** Unguessable, unique: for nonces and request ids. */
  next(): string;
}
