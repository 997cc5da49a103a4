import { isNotPrimary } from './redis-failure.js';

/** The first pause before a lost connection is tried again, and the longest, in milliseconds. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2000;

/** What every connection to Redis has in common (docs/adr/0033-redis-in-trouble.md); named as ioredis names it. */
export const CONNECTION_BOUNDS = {
  /** How long a connection may take to be made, in milliseconds. */
  connectTimeout: 5000,
  /**
   * How long a server may owe an answer without sending anything, in milliseconds. Packets that vanish end a connection only after
   * a quarter of an hour otherwise; shorter than the shortest time after which an executor freezes what it runs.
   */
  socketTimeout: 5000,
  /** How often one that reads its data is asked whether it is done, in milliseconds. */
  maxLoadingRetryTime: 1000,
  /** A former primary answers READONLY: its address may lead to the new one by now. */
  reconnectOnError: isNotPrimary,
} as const;

/** The same where commands may wait at the server: longer than BullMQ lets them wait, which is 10 s. */
export const WAITING_SOCKET_TIMEOUT_MS = 15_000;

/** How often a connection that only listens asks for a sign of life, in milliseconds: without a question nobody owes an answer. */
export const LISTENER_PING_MS = 10_000;

/**
 * The pause before the next attempt to connect, in milliseconds: doubled each time, and between half and all of it, so that
 * many processes do not come at once.
 *
 * @param attempt - from 1
 * @param share - random, 0-1
 */
export function reconnectPauseMs(attempt: number, share: number): number {
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS);
  return Math.round(longest * (0.5 + share / 2));
}
