/** What a lookup gives: the columns of one key. */
export type CachedRecord = Readonly<Record<string, unknown>>;

/** What the cache says of a key: its record, null if it is known that there is none, undefined if nothing is known. */
export type Lookup = CachedRecord | null | undefined;

/**
 * As it is kept: when it expires, in seconds in base 36, and the record's JSON, or nothing.
 *
 * @param expires seconds since 1970, by Redis' clock
 */
export const encodeEntry = (record: CachedRecord | null, expires: number): string =>
  `${expires.toString(36)}:${record === null ? '' : JSON.stringify(record)}`;

/** @param now seconds since 1970, by Redis' clock */
export const decodeEntry = (text: string | null, now: number): Lookup => {
  if (text === null) return undefined;
  const colon = text.indexOf(':');
  if (Number.parseInt(text.slice(0, colon), 36) <= now) return undefined;
  const json = text.slice(colon + 1);
  return json === '' ? null : (JSON.parse(json) as CachedRecord);
};
