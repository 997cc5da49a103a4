import { findErrorCode } from '../errors/error-codes.js';
import type { ExecutionRecord } from '../ports/execution-store.js';
import { standingOfDependencies } from './dependency-verdicts.js';
import type { Entry, TraceFacts } from './trace-facts.js';

/** Whether its dependencies were met (specification: Rule 2). */
export function traceDependencies(facts: TraceFacts): Entry[] {
  const { record, job, dependencies } = facts;
  const time = gateTime(record);
  const pass = (because: string): Entry[] => [{ rule: 2, verdict: 'PASS', time, because }];
  if (record.attempt_number > 1) return pass('a retry: met by its first attempt');
  if (record.ignore_dependencies === true) return pass('asked not to look at them');
  if (job === undefined) return time === undefined ? [] : pass('met; its plan is not kept any more');
  if (dependencies.length === 0) return pass('it depends on nothing');
  const { standing, inputs } = standingOfDependencies(job, dependencies);
  const refused = refusedByDependencies(record);
  if (refused !== undefined) return [{ ...refused, time: record.completed_time, inputs }];
  if (standing === 'READY') return [{ rule: 2, verdict: 'PASS', time, because: 'they are met', inputs }];
  return record.status === 'PENDING'
    ? [{ rule: 2, verdict: 'WAIT', because: 'they are undecided', inputs }]
    : [];
}

function refusedByDependencies({ reason = '' }: ExecutionRecord): Entry | undefined {
  const because = findErrorCode(reason)?.message ?? reason;
  if (SKIPPED.has(reason)) return { rule: 2, verdict: 'SKIP', because };
  return reason.startsWith('DEP_') ? { rule: 2, verdict: 'REJECT', because } : undefined;
}

const SKIPPED: ReadonlySet<string> = new Set(['SKIP_005_UPSTREAM_SKIPPED', 'SKIP_006_CONDITION_FALSE']);

/** When it came to the gate: its dependencies were met by then. */
function gateTime({ decided = [], queued_time }: ExecutionRecord): number | undefined {
  return decided[0]?.time ?? queued_time;
}
