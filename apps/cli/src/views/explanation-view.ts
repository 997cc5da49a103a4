import type { Explanation } from '../api/explanation.js';
import type { Context } from '../context.js';
import { formatDuration, formatRelative } from '../output/duration.js';
import { plainText } from '../output/plain-text.js';
import { statusCell } from '../output/status-cell.js';
import { facts, table, type Cell } from '../output/table.js';

type Fact = readonly [name: string, value: Cell];

/** Why an execution is where it is: the sentence, what stands behind it, and its way through the rules. */
export function describeExplanation(explanation: Explanation, context: Context): string {
  return [
    plainText(explanation.summary),
    facts([
      ['execution', explanation.execution_id],
      ['job', explanation.job_id],
      ['run', explanation.run_id],
      ['status', statusCell(explanation.status, context.output.colours)],
      ['attempt', explanation.attempt_number],
      ...factsOfHolds(explanation),
      ...factsOfQueue(explanation, context.now()),
      ...factsOfRun(explanation, context.now()),
      ...factsOfEnd(explanation, context.now()),
    ]),
    tableOfDependencies(explanation, context),
    tableOfTrace(explanation),
    tellReplay(explanation),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

function factsOfHolds({ holds }: Explanation): Fact[] {
  return holds.flatMap(({ because, rule, limit, behind }, at) => [
    [at === 0 ? 'because' : '', rule === null ? because : `${because} (rule ${String(rule)})`] as const,
    ['held by', limit?.holders.join(', ')] as const,
    ['behind', behind] as const,
  ]);
}

function factsOfQueue({ queue }: Explanation, now: number): Fact[] {
  if (queue === null) return [];
  return [
    ['place', queue.place],
    ['before it', queue.before],
    ['priority', queue.priority.toFixed(1)],
    ['may start', queue.estimated_start === null ? 'not known' : formatRelative(queue.estimated_start, now)],
    ['', queue.estimate_because],
    ['times out', formatRelative(queue.times_out, now)],
    ['executors', queue.executors.join(', ') || 'none'],
  ];
}

function factsOfRun({ running }: Explanation, now: number): Fact[] {
  if (running === null) return [];
  const { usual_seconds: usual } = running;
  return [
    ['executor', running.alive ? running.executor_id : `${running.executor_id}, which is not alive`],
    ['since', formatRelative(running.since, now)],
    ['usually', usual === null ? 'not known yet' : formatDuration(usual * 1000)],
    ['times out', formatRelative(running.times_out, now)],
    ['last heartbeat', formatRelative(running.last_heartbeat, now)],
    ['stage', running.stage],
    ['records so far', running.records_processed],
    ['asked to stop', formatRelative(running.cancel_asked, now)],
  ];
}

function factsOfEnd({ ended }: Explanation, now: number): Fact[] {
  if (ended === null) return [];
  const { retry, dependents, dependent_count } = ended;
  return [
    ['code', ended.code],
    ['what to do', ended.what_to_do],
    ['retried by', retry === null ? undefined : `${retry.execution_id} ${retry.status}`],
    ['not before', formatRelative(retry?.not_before, now)],
    ...dependents.map(({ job_id, execution_id, status }, at): Fact => [
      at === 0 ? 'dependents' : '',
      execution_id === null ? `${job_id}, not created` : `${job_id} ${execution_id} ${status ?? ''}`,
    ]),
    ['', dependent_count > dependents.length ? `${String(dependent_count)} in all` : undefined],
  ];
}

function tableOfDependencies({ dependencies }: Explanation, { now, output }: Context): string {
  if (dependencies.length === 0) return '';
  const rows = dependencies.map(
    ({ upstream_job_id, dependency_type, verdict, decided_by, latest, until }) => [
      upstream_job_id,
      dependency_type,
      verdict,
      decided_by ?? latest?.execution_id,
      latest === null ? undefined : statusCell(latest.status, output.colours),
      formatRelative(until, now()),
    ],
  );
  return table(['DEPENDS ON', 'TYPE', 'VERDICT', 'EXECUTION', 'LATEST', 'TIMES OUT'], rows);
}

function tableOfTrace({ trace }: Explanation): string {
  const rows = trace.map(({ step, name, rule, verdict, time, because }) => [
    step,
    name,
    rule,
    verdict,
    time,
    because,
  ]);
  return table(['STEP', '', 'RULE', 'VERDICT', 'TIME', 'BECAUSE'], rows);
}

function tellReplay({ replay }: Explanation): string {
  if (replay === null) return '';
  const { checked, differences } = replay;
  if (differences.length === 0) return `computed again: ${String(checked)}, all with the same verdict`;
  const rows = differences.map(({ rule, time, kept, recomputed }) => [rule, time, kept, recomputed]);
  return `computed again: ${String(checked)}, with other verdicts:\n${table(['RULE', 'TIME', 'KEPT', 'NOW'], rows)}`;
}
