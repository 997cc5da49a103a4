import { isRedisAway } from '@phi/core';
import type { Logger } from '@phi/telemetry';

/** While Redis is away that is said again this often, in milliseconds. */
const SAY_AGAIN_MS = 60_000;

/** Tells of the connection for everything in this process that needs Redis: once when it is lost, once when it is back. */
export function tellConnection(log: Logger): {
  readonly onStateChange: (state: 'connected' | 'lost', error?: Error) => void;
  readonly stop: () => void;
} {
  let lostAt: number | undefined;
  let reminder: NodeJS.Timeout | undefined;
  const awaySeconds = (): number => Math.round((performance.now() - (lostAt ?? performance.now())) / 1000);
  const stop = (): void => clearInterval(reminder);
  return {
    stop,
    onStateChange(state, error) {
      stop();
      if (state === 'lost') {
        lostAt = performance.now();
        log.warn({ err: error }, 'connection to Redis lost; trying again');
        reminder = setInterval(
          () => log.warn({ away_seconds: awaySeconds() }, 'Redis is still away'),
          SAY_AGAIN_MS,
        );
        reminder.unref();
        return;
      }
      log.info(lostAt === undefined ? {} : { away_seconds: awaySeconds() }, 'connected to Redis');
      lostAt = undefined;
    },
  };
}

/** Tells of a failure that is tried again; that Redis is away is told by its connection. */
export function tellFailure(log: Logger, error: unknown, about: object, message: string): void {
  log[isRedisAway(error) ? 'debug' : 'warn']({ err: error, ...about }, message);
}
