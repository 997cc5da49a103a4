const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A length of time as a person says it: `350 ms`, `1.2 s`, `2 m 5 s`, `3 h 4 m`, `2 d 3 h`. */
export function formatDuration(ms: number): string {
  const length = Math.max(0, ms);
  if (length < SECOND) return `${String(Math.round(length))} ms`;
  // From 59.95 s on, one decimal would read 60.0 s.
  if (length < MINUTE - 50) return `${(length / SECOND).toFixed(1)} s`;
  const seconds = Math.round(length / SECOND) * SECOND;
  if (seconds < HOUR) return twoUnits(seconds, MINUTE, 'm', SECOND, 's');
  if (seconds < DAY) return twoUnits(seconds, HOUR, 'h', MINUTE, 'm');
  return twoUnits(seconds, DAY, 'd', HOUR, 'h');
}

/** An instant seen from now: `in 4 m 10 s`, `3 h 2 m ago`; empty for no instant. */
export function formatRelative(instant: string | null | undefined, now: number): string {
  if (instant === null || instant === undefined) return '';
  const distance = Date.parse(instant) - now;
  if (Number.isNaN(distance)) return instant;
  if (Math.abs(distance) < SECOND) return 'now';
  return distance > 0 ? `in ${formatDuration(distance)}` : `${formatDuration(-distance)} ago`;
}

/** From one instant to another, or to now while there is no other; empty before it began. */
export function formatElapsed(
  from: string | null | undefined,
  to: string | null | undefined,
  now: number,
): string {
  if (from === null || from === undefined) return '';
  const end = to === null || to === undefined ? now : Date.parse(to);
  return formatDuration(end - Date.parse(from));
}

function twoUnits(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const whole = Math.floor(ms / large);
  const rest = Math.floor((ms % large) / small);
  return rest === 0
    ? `${String(whole)} ${largeName}`
    : `${String(whole)} ${largeName} ${String(rest)} ${smallName}`;
}
