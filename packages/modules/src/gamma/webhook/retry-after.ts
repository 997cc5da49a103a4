/**
 * What a Retry-After header asks for, in seconds: it has a number of seconds or a date.
 *
 * @returns undefined where it is missing or cannot be read
 */
export const retryAfterSeconds = (header: string | undefined, now: Date): number | undefined => {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now.getTime()) / 1000);
};
