import type { Run, RunDetail } from '../api/run.js';
import type { Context } from '../context.js';
import { formatElapsed, formatRelative } from '../output/duration.js';
import { statusCell } from '../output/status-cell.js';
import { facts, table } from '../output/table.js';
import { describeExecutions } from './execution-view.js';

/** Runs as a table. */
export function describeRuns(runs: readonly Run[], { now, output }: Context): string {
  const rows = runs.map((run) => [
    run.run_id,
    run.job_id,
    statusCell(run.status, output.colours),
    run.trigger_type,
    formatRelative(run.created_time, now()),
    formatElapsed(run.created_time, run.finished_time, now()),
  ]);
  return table(['RUN', 'JOB', 'STATUS', 'TRIGGER', 'CREATED', 'DURATION'], rows);
}

/** One run with its executions. */
export function describeRun(run: RunDetail, context: Context): string {
  const { now, output } = context;
  const about = facts([
    ['run', run.run_id],
    ['job', run.job_id],
    ['status', statusCell(run.status, output.colours)],
    ['trigger', run.trigger_type],
    ['created', formatRelative(run.created_time, now())],
    ['took', formatElapsed(run.created_time, run.finished_time, now())],
  ]);
  return `${about}\n\n${describeExecutions(run.executions, context)}`;
}
