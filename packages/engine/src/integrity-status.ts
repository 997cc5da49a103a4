import type { RepairCount } from '@phi/core';

const RECENT_MS = 3_600_000;

/** Whether something had to be repaired in the last hour: in steady state nothing has. @param now - epoch milliseconds, Redis' clock */
export function integrityStatus(repairs: ReadonlyMap<string, RepairCount>, now: number): string {
  const recent = [...repairs].filter(([, { last }]) => last > now - RECENT_MS);
  if (recent.length === 0) return 'HEALTHY';
  const said = recent.map(([code, { count }]) => `${code} (${String(count)} in all)`).sort();
  return `DEGRADED: repaired in the last hour: ${said.join(', ')}`;
}
