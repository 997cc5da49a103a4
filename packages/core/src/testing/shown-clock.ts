/**
 * Reads a zone's wall clock off Intl alone, for tests that check what the engine makes of it.
 *
 * @returns what the clock shows at an instant, as the epoch milliseconds at which UTC shows the same
 */
export function shownClock(timezone: string): (instantMs: number) => number {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  return (instantMs) => {
    const [day, month, year, hour, minute, second] = (clock.format(instantMs).match(/\d+/g) ?? []).map(
      Number,
    );
    return Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  };
}
