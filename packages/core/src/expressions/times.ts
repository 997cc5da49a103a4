import { Fault } from './fault.js';
import { Duration, Timestamp } from './kind.js';

/** RFC 3339, as CloudEvents have it. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** The span of CEL's timestamps: the years 1 to 9999. */
const FIRST_MS = -62_135_596_800_000;
const LAST_MS = 253_402_300_799_999;

const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  us: 0.001,
  µs: 0.001,
  ns: 0.000_001,
};

const SPAN = /^[+-]?(?:\d{1,18}(?:\.\d{1,18})?(?:ms|us|µs|ns|h|m|s)){1,7}$/;
const SPAN_PART = /(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)/g;

/** An instant written as 2026-03-08T07:00:00Z. */
export function readTimestamp(text: string): Timestamp | Fault {
  return instantAt(INSTANT.test(text) ? Date.parse(text) : Number.NaN);
}

/** The instant at a number of milliseconds since 1970, if it is one. */
export function instantAt(epochMs: number): Timestamp | Fault {
  // Also false for what is no number.
  const isInstant = epochMs >= FIRST_MS && epochMs <= LAST_MS;
  return isInstant
    ? new Timestamp(epochMs)
    : new Fault('the value is not a date and time such as 2026-03-08T07:00:00Z');
}

/** A length of time written as 90s, 1h30m or -1.5h. */
export function readDuration(text: string): Duration | Fault {
  if (!SPAN.test(text)) return new Fault('the text is not a duration such as 90s or 1h30m');
  let milliseconds = 0;
  for (const [, amount, unit] of text.matchAll(SPAN_PART))
    milliseconds += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  return new Duration(text.startsWith('-') ? -milliseconds : milliseconds);
}

/** In seconds, as CEL writes it. */
export function writeDuration({ milliseconds }: Duration): string {
  return `${String(milliseconds / 1000)}s`;
}
