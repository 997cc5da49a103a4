import type { Execution } from '../api/execution.js';
import type { RunDetail } from '../api/run.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { formatElapsed } from '../output/duration.js';
import { plainText } from '../output/plain-text.js';
import { statusText } from '../output/status-cell.js';
import { followRun } from './follow-run.js';
import { describeRun } from '../views/run-view.js';

/** Follows a run until it ends, shows what happened and then the whole. */
export async function showRunToItsEnd(context: Context, runId: string): Promise<ExitStatus> {
  const { output } = context;
  const run = await followRun(context, runId, (execution) => {
    if (output.isHuman) output.note(progress(execution, context));
  });
  output.emit(run, () => describeRun(run, context));
  return statusOf(run);
}

export function statusOf({ status }: RunDetail): ExitStatus {
  return status === 'succeeded' || status === 'running' ? EXIT.ok : EXIT.failed;
}

function progress(execution: Execution, { now, output }: Context): string {
  const { job_id, status, attempt_number, started_time, completed_time, result } = execution;
  const parts = [job_id, statusText(status, output.colours)];
  if (attempt_number > 1) parts.push(`attempt ${String(attempt_number)}`);
  if (completed_time !== null) parts.push(formatElapsed(started_time, completed_time, now()));
  if (result?.error_code) parts.push(result.error_code);
  return `  ${parts.filter((part) => part !== '').map((part, index) => (index === 1 ? part : plainText(part))).join('  ')}`;
}
