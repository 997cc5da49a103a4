/** Formatters are dear to make and there are only so many zones; the bound keeps foreign input from growing it. */
const MAX_FORMATTERS = 2_000;
const formatters = new Map<string, Intl.DateTimeFormat>();

/** A zone's name as the IANA database has it: not an offset such as `+02:00`. */
const ZONE_NAME = /^[A-Za-z][A-Za-z0-9_+/-]*$/;

/**
 * Whether a name is a time zone of the IANA database, such as `Europe/Berlin` or `UTC`. Fixed offsets are refused: they
 * know no daylight saving; `Etc/GMT+5` is there for those who want none.
 */
export function isValidTimezone(timezone: string): boolean {
  return ZONE_NAME.test(timezone) && formatterOf(timezone) !== undefined;
}

/**
 * How far a zone's wall clock is ahead of UTC at an instant, in seconds.
 *
 * @param timezone - must be valid
 * @param instantMs - epoch milliseconds
 * @throws RangeError for a zone that does not exist
 */
export function offsetSecondsAt(timezone: string, instantMs: number): number {
  const formatter = formatterOf(timezone);
  if (formatter === undefined) throw new RangeError(`unknown time zone '${timezone}'`);
  const text = formatter.format(instantMs);
  const match = OFFSET.exec(text);
  if (match === null) return 0;
  const [, sign, hours, minutes, seconds] = match;
  const size = Number(hours) * 3600 + Number(minutes ?? 0) * 60 + Number(seconds ?? 0);
  return sign === '-' ? -size : size;
}

/** `GMT`, `GMT+05:30`, `GMT-00:44:30`: the end of what the formatter writes. */
const OFFSET = /GMT([+-])(\d\d):?(\d\d)?:?(\d\d)?$/;

function formatterOf(timezone: string): Intl.DateTimeFormat | undefined {
  const known = formatters.get(timezone);
  if (known !== undefined) return known;
  if (!ZONE_NAME.test(timezone)) return undefined;
  const made = makeFormatter(timezone);
  if (made === undefined) return undefined;
  if (formatters.size >= MAX_FORMATTERS) formatters.clear();
  formatters.set(timezone, made);
  return made;
}

function makeFormatter(timezone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      timeZoneName: 'longOffset',
      year: 'numeric',
    });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
