import type { ChaosReport } from './run-chaos.js';
import type { Violation } from './checks/check.js';

const PER = 10_000;
/** So many are shown of each kind; the others are in the file. */
const SHOWN = 5;

/** What a run came to, as a table for a person. */
export function renderReport(report: ChaosReport): string {
  const { repetitions, executions } = report;
  const perTenThousand = (count: number): string => ((count * PER) / Math.max(1, executions)).toFixed(1);
  const faults = Object.values(report.faults).reduce((sum, count) => sum + count, 0);
  const rows: [string, string][] = [
    ['seed', String(report.seed)],
    ['executions accepted from clients', String(report.accepted)],
    ['executions in the end, every attempt', `${String(executions)} (${listOf(report.statuses)})`],
    ['faults', `${String(faults)} (${listOf(report.faults)})`],
    [
      'bodies started again in a chain',
      `${String(repetitions.startedAgain)}, ${perTenThousand(repetitions.startedAgain)} per 10,000`,
    ],
    [
      'attempts lost and run again',
      `${String(repetitions.afterLoss)}, ${perTenThousand(repetitions.afterLoss)} per 10,000`,
    ],
    [
      'chains with more than one body that came to its end',
      `${String(repetitions.endedTwice)}, ${perTenThousand(repetitions.endedTwice)} per 10,000`,
    ],
    ['disturbed', seconds(report.disturbedMs)],
    ['healed and drained', seconds(report.drainedMs)],
    ['services that ended by themselves', String(report.fallen.length)],
    ['answers that no fault explains', String(report.surprises.length)],
    ['violations', String(report.violations.length)],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`);
  return `${[...lines, ...problems(report)].join('\n')}\n`;
}

function listOf(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => `${name} ${String(count)}`)
    .join(', ');
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

function problems({ violations, fallen, surprises, kept }: ChaosReport): readonly string[] {
  const shown = [
    ...violations.slice(0, SHOWN).map(describeViolation),
    ...fallen.slice(0, SHOWN).map(({ app, how, last }) => `${app} ${how}: ${last.join(' | ')}`),
    ...surprises.slice(0, SHOWN),
  ];
  return shown.length === 0 ? [] : ['', ...shown, `kept in ${kept ?? 'nothing'}`];
}

function describeViolation({ invariant, what, executions, evidence }: Violation): string {
  return `invariant ${String(invariant)}: ${what}: ${executions.join(' ')} ${JSON.stringify(evidence)}`;
}
