import type { Execution, ExecutionDetail } from '../api/execution.js';
import type { Context } from '../context.js';
import { formatDuration, formatElapsed, formatRelative } from '../output/duration.js';
import { statusCell } from '../output/status-cell.js';
import { facts, table, type Cell } from '../output/table.js';

/** Executions as a table. */
export function describeExecutions(executions: readonly Execution[], { now, output }: Context): string {
  const rows = executions.map((execution) => [
    execution.execution_id,
    execution.job_id,
    statusCell(execution.status, output.colours),
    execution.trigger_type,
    execution.attempt_number,
    formatRelative(execution.scheduled_time, now()),
    formatElapsed(execution.started_time, execution.completed_time, now()),
    execution.result?.records_processed,
    execution.result?.error_code,
  ]);
  return table(
    ['EXECUTION', 'JOB', 'STATUS', 'TRIGGER', 'ATTEMPT', 'SCHEDULED', 'DURATION', 'RECORDS', 'ERROR'],
    rows,
  );
}

/** One execution with everything that happened to it. */
export function describeExecution(execution: ExecutionDetail, { now, output }: Context): string {
  const { result } = execution;
  const failed = result?.records_failed ?? 0;
  const about = facts([
    ['execution', execution.execution_id],
    ['job', execution.job_id],
    ['run', execution.run_id],
    ['status', statusCell(execution.status, output.colours)],
    ['held', holdOf(execution, now())],
    ['trigger', `${execution.trigger_type} ${execution.trigger_id}`],
    ['attempt', execution.attempt_number],
    ['first attempt', execution.parent_execution_id],
    ['scheduled', formatRelative(execution.scheduled_time, now())],
    [
      'waited',
      formatElapsed(execution.queued_time, execution.started_time ?? execution.completed_time, now()),
    ],
    ['ran', formatElapsed(execution.started_time, execution.completed_time, now())],
    ['last heartbeat', formatRelative(execution.last_heartbeat, now())],
    ['stage', execution.stage],
    ['records so far', execution.records_processed],
    ['records', result?.records_processed],
    ['records failed', failed === 0 ? undefined : failed],
    ['error', result?.error_code],
    ['', result?.error_message],
    ...factsOfTimeout(execution, now()),
    ['checkpoint', checkpointOf(execution, now())],
    ...Object.entries(result?.outputs ?? {}).map(
      ([name, reference]) => [`output ${name}`, reference] as const,
    ),
  ]);
  const rows = execution.history.map(({ time, event, actor, detail }) => [time, event, actor, detail]);
  return `${about}\n\n${table(['TIME', 'EVENT', 'BY', 'DETAIL'], rows)}`;
}

/** What the specification's TimeoutError says beside the message. */
function factsOfTimeout({ timeout_error: error }: Execution, now: number): (readonly [string, Cell])[] {
  if (error === null || error === undefined) return [];
  const { elapsed_seconds, timeout_seconds, termination_method, checkpoint_available, last_heartbeat } =
    error;
  const took = formatDuration(elapsed_seconds * 1000);
  return [
    ['timed out', `after ${took} of ${formatDuration(timeout_seconds * 1000)}, ${termination_method}`],
    ['last heartbeat', formatRelative(last_heartbeat, now)],
    ['next attempt', checkpoint_available ? 'can resume from a checkpoint' : 'starts from the beginning'],
  ];
}

/** What a next attempt would go on from. */
function checkpointOf({ checkpoint }: ExecutionDetail, now: number): string | undefined {
  if (checkpoint === null || checkpoint === undefined) return undefined;
  const { sequence, stage, bytes, time } = checkpoint;
  return `${String(sequence)}, saved ${formatRelative(time, now) ?? ''} by ${stage ?? '?'}, ${String(bytes ?? 0)} bytes`;
}

/** What a PENDING execution waits for beside its upstream jobs. */
function holdOf({ hold }: Execution, now: number): string | undefined {
  if (hold === null || hold === undefined) return undefined;
  if (hold.until && Date.parse(hold.until) <= now) return 'until a scheduler sees that its window is open';
  if (hold.until) return `until its execution window opens, ${formatRelative(hold.until, now)}`;
  return hold.behind ? `until its turn, behind ${hold.behind}` : hold.by;
}
