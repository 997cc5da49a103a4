import type { DependencyEdge } from '@phi/core';

import { table } from '../output/table.js';
import { wallClock } from '../preview/previewed-times.js';

interface JobChange {
  readonly job_id: string;
  readonly change: string;
  readonly revision: number;
  readonly fields?: readonly FieldChange[] | undefined;
}

interface FieldChange {
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

interface ScheduleChange {
  readonly schedule_id: string;
  readonly timezone: string;
  /** ISO 8601. */
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What an apply would change. */
export interface PlannedChanges {
  readonly changes: readonly JobChange[];
  readonly edges: { readonly added: readonly DependencyEdge[]; readonly removed: readonly DependencyEdge[] };
  readonly schedules: readonly ScheduleChange[];
}

const UNCHANGED = 'UNCHANGED';
/** Longer values are cut off; -o json has them whole. */
const VALUE_AT_MOST = 60;

/** What an apply would change, for people: only what does change, and how much that is. */
export function changesView({ changes, edges, schedules }: PlannedChanges): string {
  const changed = changes.filter(({ change }) => change !== UNCHANGED);
  const parts = [
    ...(changed.length === 0 ? [] : [jobsTable(changed)]),
    ...(edges.added.length + edges.removed.length === 0 ? [] : [edgesTable(edges)]),
    ...(schedules.length === 0 ? [] : [schedulesTable(schedules)]),
  ];
  return [...parts, `nothing was changed: ${summaryOfChanges(changes)}`].join('\n\n');
}

/** How many jobs have each kind of change. */
export function summaryOfChanges(changes: readonly JobChange[]): string {
  const counts = new Map<string, number>();
  for (const { change } of changes) counts.set(change, (counts.get(change) ?? 0) + 1);
  const summary = [...counts].map(([change, count]) => `${String(count)} ${change.toLowerCase()}`);
  return summary.join(', ') || 'no jobs';
}

function jobsTable(changes: readonly JobChange[]): string {
  const hasFields = changes.some(({ fields = [] }) => fields.length > 0);
  const rows = changes.flatMap(({ job_id, change, revision, fields = [] }) => {
    const [first, ...others] = fields.map(({ field, before, after }) => [field, value(before), value(after)]);
    return [[job_id, change, revision, ...(first ?? [])], ...others.map((other) => ['', '', '', ...other])];
  });
  const head = ['JOB', 'CHANGE', 'REVISION', ...(hasFields ? ['FIELD', 'BEFORE', 'AFTER'] : [])];
  return table(
    head,
    rows.map((row) => head.map((_, at) => row[at])),
  );
}

function value(given: unknown): string {
  if (given === undefined) return '-';
  const text = JSON.stringify(given);
  return text.length > VALUE_AT_MOST ? `${text.slice(0, VALUE_AT_MOST)}…` : text;
}

function edgesTable({ added, removed }: PlannedChanges['edges']): string {
  const rows = (mark: string, edges: readonly DependencyEdge[]): string[][] =>
    edges.map(({ from, to, kind, type, dependency_id }) => [mark, from, to, kind, type, dependency_id]);
  return table(
    ['EDGE', 'FROM', 'TO', 'KIND', 'TYPE', 'DEPENDENCY'],
    [...rows('+', added), ...rows('-', removed)],
  );
}

function schedulesTable(schedules: readonly ScheduleChange[]): string {
  const rows = schedules.flatMap(({ schedule_id, timezone, before, after }) => {
    const wall = wallClock(timezone);
    const count = Math.max(before.length, after.length);
    return Array.from({ length: count }, (_, at) => [
      at === 0 ? schedule_id : '',
      at === 0 ? timezone : '',
      ...[before[at], after[at]].map((time) => (time === undefined ? '-' : wall(time))),
    ]);
  });
  return table(['SCHEDULE', 'TIME ZONE', 'FIRES NOW', 'WOULD FIRE'], rows);
}
