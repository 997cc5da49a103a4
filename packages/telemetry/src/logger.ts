import { pino, type Logger } from 'pino';

export type { Logger } from 'pino';

/**
 * A service's structured log, JSON lines on standard output (specification: Error Logging).
 *
 * @param level - fatal, error, warn, info, debug or trace
 */
export function createLogger(service: string, level = 'info'): Logger {
  return pino({
    base: { service, pid: process.pid },
    level,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: REDACTED,
  });
}

const REDACTED = ['authorization', '*.authorization', 'password', '*.password', 'redis_url', '*.redis_url'];
