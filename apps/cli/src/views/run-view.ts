import type { Execution } from '../api/execution.js';
import type { Run, RunDetail } from '../api/run.js';
import type { Context } from '../context.js';
import { formatElapsed, formatRelative } from '../output/duration.js';
import { plainText } from '../output/plain-text.js';
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
  const parts = [about, describeExecutions(run.executions, context), ...run.executions.flatMap(failureOf)];
  return parts.join('\n\n');
}

/** Why an execution failed, and where more about it is. */
function failureOf({ execution_id, job_id, result, started_time }: Execution): string[] {
  if (!result?.error_code) return [];
  const message = plainText(`${job_id}: ${result.error_code}: ${result.error_message ?? ''}`).trimEnd();
  // What has not run has printed nothing.
  const command = started_time === null ? 'explain' : 'logs';
  return [`${message}\n  phi ${command} ${plainText(execution_id)}`];
}
