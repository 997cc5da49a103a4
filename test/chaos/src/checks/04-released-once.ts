import { isTerminal, type ExecutionRecord } from '@phi/core';

import type { Dump } from '../witness/dump.js';
import type { Edge } from '../workload/jobs.js';
import { chainsOf, grouped, idsOf, summary, timeOf } from './chains.js';
import { violationOf, type Check, type Violation } from './check.js';

/** Each dependent was released at most once per consumed set of upstream outcomes, and at least once when due. */
export const releasedOnce: Check = (dump) => {
  const chains = chainsOf(dump.executions);
  const first = [...chains.values()].flatMap(([attempt]) => (attempt === undefined ? [] : [attempt]));
  const runs = grouped(first, ({ run_id }) => run_id);
  return [...runs.values()].flatMap((records) => [
    ...twice(records),
    ...notReleased(dump, records),
    ...releasedWrongly(dump, records, chains),
  ]);
};

const broken = violationOf(4);
const violation = (what: string, records: readonly ExecutionRecord[]): Violation =>
  broken(what, idsOf(records), records.map(summary));

function twice(records: readonly ExecutionRecord[]): Violation[] {
  const groups = grouped(records, ({ job_id, pass }) => `${job_id} of pass ${String(pass)}`);
  return [...groups].flatMap(([about, found]) =>
    found.length > 1 ? [violation(`${about} was released ${String(found.length)} times`, found)] : [],
  );
}

/** Every job that a run reaches has an execution in it, of which the upstream's end is the cause. */
function notReleased({ intent }: Dump, records: readonly ExecutionRecord[]): Violation[] {
  const has = (jobId: string): boolean => records.some(({ job_id }) => job_id === jobId);
  const ended = records.filter(({ status }) => isTerminal(status) || status === 'COMPLETING');
  return ended.flatMap((upstream) =>
    intent.edges
      .filter((edge) => edge.upstream === upstream.job_id && !has(edge.dependent))
      .map((edge) => violation(`${edge.dependent} was not released by`, [upstream])),
  );
}

/** In the first pass: what was let in had what it waits for, and what was not let in had not. */
function releasedWrongly(
  { intent }: Dump,
  records: readonly ExecutionRecord[],
  chains: ReadonlyMap<string, readonly ExecutionRecord[]>,
): Violation[] {
  const ofFirstPass = new Map(
    records.filter(({ pass }) => pass === 1).map((record) => [record.job_id, record]),
  );
  return [...ofFirstPass.values()].flatMap((dependent) => {
    const upstreams = intent.edges
      .filter((edge) => edge.dependent === dependent.job_id)
      .flatMap((edge) => {
        const upstream = ofFirstPass.get(edge.upstream);
        const last = upstream && chains.get(upstream.execution_id)?.at(-1);
        return last === undefined ? [] : [{ edge, last }];
      });
    const letIn = timeOf(dependent, 'ENQUEUE');
    const unmet = upstreams.filter(({ edge, last }) => !isMet(edge, last, letIn ?? Infinity));
    const evidence = [dependent, ...upstreams.map(({ last }) => last)];
    if (letIn !== undefined)
      return unmet.length > 0 ? [violation('was let in before its upstreams', evidence)] : [];
    const isDue = upstreams.length > 0 && unmet.length === 0 && isTerminal(dependent.status);
    const byHand = dependent.reason?.startsWith('CANCEL_') === true;
    return isDue && !byHand ? [violation('was not let in although its upstreams were met', evidence)] : [];
  });
}

function isMet({ type }: Edge, last: ExecutionRecord, atMs: number): boolean {
  // Published before its end: what the upstream comes to later is no matter.
  if (type === 'DATA_READY' && last.published !== undefined) return true;
  const ended = last.completed_time ?? Infinity;
  return ended <= atMs && (type === 'COMPLETION' ? isTerminal(last.status) : last.status === 'COMPLETED');
}
