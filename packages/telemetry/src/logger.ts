import { destination, pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * A service's structured log, JSON lines on standard output (specification: Error Logging).
 *
 * Written at once: a line that waits could be lost, or come out of turn, when the process ends.
 *
 * @param level - fatal, error, warn, info, debug or trace
 */
export function createLogger(service: string, level = 'info'): Logger {
  return pino(
    {
      base: { service, pid: process.pid },
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      redact: REDACTED,
    },
    destination({ fd: 1, sync: true }),
  );
}

const REDACTED = ['authorization', '*.authorization', 'password', '*.password', 'redis_url', '*.redis_url'];
