import type { Tick, TickRun } from '../api/tick.js';
import type { Context } from '../context.js';
import { formatRelative } from '../output/duration.js';
import { statusCell } from '../output/status-cell.js';
import { table } from '../output/table.js';

/** Fire times as a table. */
export function describeTicks(ticks: readonly Tick[], { now, output }: Context): string {
  const rows = ticks.map(({ nominal_time, outcome, execution_id, reason, detail }) => [
    nominal_time,
    formatRelative(nominal_time, now()),
    statusCell(outcome, output.colours),
    execution_id,
    reason,
    detail,
  ]);
  return table(['FIRE TIME', '', 'OUTCOME', 'EXECUTION', 'REASON', 'DETAIL'], rows);
}

/** Fire times in a row that came to the same, one line each. */
export function describeTickRuns(runs: readonly TickRun[], { output }: Context): string {
  const rows = runs.map(({ first_time, last_time, count, outcome, reason, detail }) => [
    first_time,
    last_time,
    count,
    statusCell(outcome, output.colours),
    reason,
    detail,
  ]);
  return table(['FROM', 'TO', 'COUNT', 'OUTCOME', 'REASON', 'DETAIL'], rows);
}
