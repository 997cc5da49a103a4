import type { Attempts, Comparison } from '../api/attempts.js';
import type { Context } from '../context.js';
import { formatDuration, formatElapsed, formatRelative } from '../output/duration.js';
import { statusCell } from '../output/status-cell.js';
import { table } from '../output/table.js';

/** The attempts of a chain as a table, and what comes next. */
export function describeAttempts(attempts: Attempts, { now, output }: Context): string {
  const rows = attempts.items.map((attempt) => [
    attempt.attempt_number,
    attempt.execution_id,
    statusCell(attempt.status, output.colours),
    attempt.delay_seconds === null ? undefined : formatDuration(attempt.delay_seconds * 1000),
    formatRelative(attempt.started_time, now()),
    formatElapsed(attempt.started_time, attempt.completed_time, now()),
    attempt.executor_id,
    attempt.error_code,
    attempt.error_category,
  ]);
  const head = ['ATTEMPT', 'EXECUTION', 'STATUS', 'DELAY', 'STARTED', 'RAN', 'EXECUTOR', 'ERROR', 'CATEGORY'];
  return [table(head, rows), ...whatFollows(attempts, now())].join('\n');
}

function whatFollows({ next_retry_time, rerun_by }: Attempts, now: number): string[] {
  const retry = formatRelative(next_retry_time, now);
  return [
    ...(retry === undefined ? [] : [`next attempt ${retry}; \`phi retry\` starts it now`]),
    ...(rerun_by === null ? [] : [`run again as ${rerun_by}`]),
  ];
}

/** What differs between two executions, one row a field. */
export function describeComparison(comparison: Comparison): string {
  const { definition, parameters, upstreams, outcome } = comparison;
  const revision =
    definition.before === definition.after
      ? []
      : [{ field: 'revision', before: definition.before, after: definition.after }];
  const parts = [
    ['definition', [...revision, ...definition.changes]],
    ['parameters', parameters],
    ['upstreams', upstreams],
    ['outcome', outcome],
  ] as const;
  const rows = parts.flatMap(([part, changes]) =>
    changes.map(({ field, before, after }) => [part, field, written(before), written(after)]),
  );
  return rows.length === 0
    ? `nothing differs from ${comparison.with_execution_id}`
    : table(['', 'FIELD', comparison.with_execution_id, comparison.execution_id], rows);
}

function written(value: unknown): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}
