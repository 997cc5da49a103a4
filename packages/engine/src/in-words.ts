const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A duration for people, to its two largest units: 3 m 5 s. */
export function durationInWords(ms: number): string {
  if (ms < SECOND) return `${String(Math.max(0, Math.round(ms)))} ms`;
  const seconds = Math.round(ms / SECOND) * SECOND;
  const parts = [
    [DAY, 'd', Infinity],
    [HOUR, 'h', 24],
    [MINUTE, 'm', 60],
    [SECOND, 's', 60],
  ] as const;
  const counts = parts.map(([unit, name, of]) => [Math.floor(seconds / unit) % of, name] as const);
  const first = counts.findIndex(([count]) => count > 0);
  return counts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, name]) => `${String(count)} ${name}`)
    .join(' ');
}

/** At most so many of a list, and how many more there are. */
export function listInWords(items: readonly string[], atMost: number, total = items.length): string {
  const shown = items.slice(0, atMost).join(', ');
  const more = total - Math.min(atMost, items.length);
  return more > 0 ? `${shown} and ${String(more)} more` : shown;
}

/** 1 execution, 2 executions. */
export function countInWords(count: number, one: string, many = `${one}s`): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}
