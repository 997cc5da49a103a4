import type { Execution } from '../api/execution.js';
import type { RunDetail } from '../api/run.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { formatElapsed } from '../output/duration.js';
import { plainText } from '../output/plain-text.js';
import { describeRun } from '../views/run-view.js';
import { followRun } from './follow-run.js';

/** Follows a run until it ends, shows what happened and then the whole. */
export async function showRunToItsEnd(context: Context, runId: string): Promise<ExitStatus> {
  const { output } = context;
  const onAbort = (): void => {
    output.note(`the run goes on; see it with: phi runs ${runId} --follow`);
  };
  context.signal.addEventListener('abort', onAbort);
  const run = await followRun(context, runId, (execution) => {
    if (output.isHuman) output.note(progress(execution, context.now()));
  });
  context.signal.removeEventListener('abort', onAbort);
  output.emit(run, () => describeRun(run, context));
  return statusOf(run);
}

function statusOf({ status }: RunDetail): ExitStatus {
  return status === 'succeeded' ? EXIT.ok : EXIT.failed;
}

/** Standard error may not be the terminal that standard output is: no colours. */
function progress(
  { job_id, status, attempt_number, started_time, completed_time, result }: Execution,
  now: number,
): string {
  const parts = [job_id, status];
  if (attempt_number > 1) parts.push(`attempt ${String(attempt_number)}`);
  if (completed_time !== null && started_time !== null)
    parts.push(formatElapsed(started_time, completed_time, now));
  if (result?.error_code) parts.push(result.error_code);
  return plainText(`  ${parts.join('  ')}`);
}
