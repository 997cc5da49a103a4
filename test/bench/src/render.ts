import { loadavg } from 'node:os';

import { ADMISSION_BUDGET, type AdmissionRow } from './admission.js';
import { SCRIPT_BUDGET_MS, type FanOutRow } from './fan-out.js';
import type { GraphRow } from './graph.js';
import { LATENCY_BUDGET, type LatencyRow } from './latency.js';
import { DUE_A_SECOND, TICK_P99_BUDGET_MS, type SchedulesRow } from './schedules.js';
import { CHILD_BUDGET_MS } from './start.js';
import type { ThroughputRow } from './throughput.js';

/** What was measured; a section that was not asked for is absent. */
export interface Report {
  readonly throughput?: readonly ThroughputRow[];
  readonly latency?: readonly LatencyRow[];
  readonly start?: readonly LatencyRow[];
  readonly fan_out?: readonly FanOutRow[];
  readonly admission?: readonly AdmissionRow[];
  readonly schedules?: readonly SchedulesRow[];
  readonly graph?: readonly GraphRow[];
}

export function renderReport({
  throughput,
  latency,
  start,
  fan_out,
  admission,
  schedules,
  graph,
}: Report): string {
  const sections = [
    ...(throughput === undefined ? [] : [throughputTable(throughput)]),
    ...(latency === undefined ? [] : [latencyTable(latency)]),
    ...(start === undefined ? [] : [startTable(start)]),
    ...(fan_out === undefined ? [] : [fanOutTable(fan_out)]),
    ...(admission === undefined ? [] : [admissionTable(admission)]),
    ...(schedules === undefined ? [] : [schedulesTable(schedules)]),
    ...(graph === undefined ? [] : [graphTable(graph)]),
    [`Load average: ${loadAverage().join(', ')}`],
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** Of the last one, five and fifteen minutes. */
export function loadAverage(): string[] {
  return loadavg().map((load) => load.toFixed(2));
}

function throughputTable(rows: readonly ThroughputRow[]): string[] {
  const raw = rows[0];
  const against = (row: ThroughputRow, value: (of: ThroughputRow) => number): string =>
    raw === undefined ? '' : (value(row) / value(raw)).toFixed(2);
  return [
    'From trigger to completion, bodies that do nothing, all in one process:',
    '',
    cells(['', 'executions/s', 'of raw', 'Node CPU µs', 'Redis CPU µs', 'CPU of raw', 'Redis bytes']),
    ...rows.map((row) =>
      cells([
        row.name,
        row.executions_per_second.toFixed(0),
        against(row, (of) => of.executions_per_second),
        row.node_cpu_us.toFixed(0),
        row.redis_cpu_us.toFixed(0),
        against(row, (of) => of.node_cpu_us + of.redis_cpu_us),
        row.redis_bytes.toFixed(0),
      ]),
    ),
  ];
}

function latencyTable(rows: readonly LatencyRow[]): string[] {
  return [
    cells(['Idle latency', 'p50 ms', 'budget ms', 'p99 ms', 'budget ms']),
    ...rows.map((row) =>
      cells([
        row.name,
        row.p50_ms.toFixed(2),
        String(LATENCY_BUDGET.p50_ms),
        row.p99_ms.toFixed(2),
        String(LATENCY_BUDGET.p99_ms),
      ]),
    ),
  ];
}

function startTable(rows: readonly LatencyRow[]): string[] {
  return [
    `Start of a body; in a warm child at most ${String(CHILD_BUDGET_MS)} ms more than in this process:`,
    '',
    cells(['', 'p50 ms', 'p99 ms']),
    ...rows.map((row) => cells([row.name, row.p50_ms.toFixed(2), row.p99_ms.toFixed(2)])),
  ];
}

function fanOutTable(rows: readonly FanOutRow[]): string[] {
  return [
    `Fan-out, from the end of the one to the start of the other; a script keeps Redis for at most ${String(SCRIPT_BUDGET_MS)} ms:`,
    '',
    cells(['', 'ms', 'calls', 'script p50', 'script p99', 'script max', 'budget ms']),
    ...rows.map((row) =>
      cells([
        `1 → ${String(row.dependents)} → 1`,
        row.elapsed_ms.toFixed(0),
        String(row.script.calls),
        row.script.p50_ms.toFixed(2),
        row.script.p99_ms.toFixed(2),
        row.script.max_ms.toFixed(2),
        String(SCRIPT_BUDGET_MS),
      ]),
    ),
  ];
}

function admissionTable(rows: readonly AdmissionRow[]): string[] {
  return [
    'Admission among many that wait; Redis µs in functions for each that is admitted, from its claim to its end:',
    '',
    cells([
      '',
      'waiting',
      'executions/s',
      'µs each',
      'budget µs',
      'script p99 ms',
      'budget ms',
      'script max',
    ]),
    ...rows.map((row) =>
      cells([
        row.name,
        String(row.waiting),
        row.executions_per_second.toFixed(0),
        row.redis_us.toFixed(0),
        String(ADMISSION_BUDGET.redis_us),
        row.script.p99_ms.toFixed(2),
        String(ADMISSION_BUDGET.p99_ms),
        row.script.max_ms.toFixed(2),
      ]),
    ),
  ];
}

function schedulesTable(rows: readonly SchedulesRow[]): string[] {
  return [
    `Schedules, ${String(DUE_A_SECOND)} due a second; a tick is from a second to its last execution, budget p99 ${String(TICK_P99_BUDGET_MS)} ms:`,
    '',
    cells([
      'registered',
      'register s',
      'slice max ms',
      'executions',
      'tick p50 ms',
      'tick p99 ms',
      'scheduler CPU',
      'Redis CPU',
    ]),
    ...rows.map((row) =>
      cells([
        String(row.schedules),
        row.registration_seconds.toFixed(1),
        row.registration_slice_max_ms.toFixed(0),
        String(row.executions),
        row.tick_p50_ms.toFixed(0),
        row.tick_p99_ms.toFixed(0),
        percent(row.scheduler_cpu),
        percent(row.redis_cpu),
      ]),
    ),
  ];
}

function graphTable(rows: readonly GraphRow[]): string[] {
  return [
    cells(['Dependency graphs', 'jobs', 'edges', 'p50 ms', 'p99 ms', 'CPU ms', 'budget ms']),
    ...rows.map((row) =>
      cells([
        row.name,
        String(row.jobs),
        String(row.edges),
        row.p50_ms.toFixed(2),
        row.p99_ms.toFixed(2),
        row.cpu_ms.toFixed(2),
        String(row.budget_ms),
      ]),
    ),
  ];
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function cells([name = '', ...values]: readonly string[]): string {
  return name.padEnd(34) + values.map((value) => value.padStart(14)).join('');
}
