import { usageError } from './cli-error.js';

/** A date and time that says which offset it is in. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/i;

/**
 * Reads what an option says, as epoch milliseconds.
 *
 * @throws CliError for what is not an instant
 */
export function readInstant(option: string, text: string): number {
  const ms = INSTANT.test(text) ? Date.parse(text) : NaN;
  if (!Number.isNaN(ms)) return ms;
  throw usageError(
    option,
    `is not an instant: ${text}`,
    'ISO 8601 with an offset, such as 2026-03-08T00:00:00Z',
  );
}

/**
 * The same as the API takes it; undefined where the option is not given.
 *
 * @throws CliError for what is not an instant
 */
export function isoInstant(option: string, text: string | undefined): string | undefined {
  return text === undefined ? undefined : new Date(readInstant(option, text)).toISOString();
}
