import type { ErrorCode } from '../errors/error-codes.js';
import type { GraphIssue } from './graph-issues.js';
import { MAX_GRAPH_EDGES, MAX_GRAPH_JOBS } from './graph-limits.js';

/** Among which jobs those were looked for that are not there, and what they may have been meant to be. */
export interface IssueScope {
  readonly among: 'FILES' | 'REGISTER';
  readonly near?: readonly string[];
}

export interface IssueWords {
  /** Of the table of error codes, where it has one. */
  readonly code?: ErrorCode;
  readonly reason: string;
  readonly accepted: string;
}

/** An issue in the words of the reader. */
export function describeIssue(issue: GraphIssue, scope: IssueScope): IssueWords {
  switch (issue.kind) {
    case 'CYCLE':
      return { code: 'DEP_002_CYCLE_DETECTED', reason: cycleReason(issue), accepted: cycleAccepted(issue) };
    case 'TOO_LARGE':
      return {
        reason: `has ${String(issue.value)}`,
        accepted: `at most ${String(MAX_GRAPH_JOBS)} jobs and ${String(MAX_GRAPH_EDGES)} edges`,
      };
    case 'MISSING_UPSTREAM':
      return { code: 'DEP_001_MISSING_UPSTREAM', ...absent(issue, scope, 'the dependency cannot be met') };
    case 'UNKNOWN_REFERENCE':
      return { code: 'DEP_005_STALE_REFERENCE', ...absent(issue, scope, 'its output cannot be taken') };
    case 'OWN_DATASET':
      return {
        reason: 'is published by the job itself, which does not wait for itself',
        accepted: 'a dataset that another job publishes',
      };
    case 'REPEATED_DEPENDENCY':
      return {
        reason: `has the dependency_id of another dependency of the job: ${String(issue.value)}`,
        accepted: 'another dependency_id, unique in the job',
      };
    case 'REPEATED_JOB':
      return { reason: 'is defined more than once; the first one counts', accepted: 'each job once' };
  }
}

/** A cycle as a reader follows it: `a → b → c → a`; each job is upstream of the next. */
export function formatCycle(path: readonly string[]): string {
  return path.join(' → ');
}

function cyclePath({ value }: GraphIssue): readonly string[] {
  return typeof value === 'string' ? [value] : value;
}

function cycleReason(issue: GraphIssue): string {
  const path = cyclePath(issue);
  const others = (issue.group_size ?? 0) - (path.length - 1);
  const more = others > 0 ? `; ${String(others)} more wait for them and are waited for` : '';
  return `the jobs ${formatCycle(path)} form a cycle${more}`;
}

function cycleAccepted(issue: GraphIssue): string {
  const count = cyclePath(issue).length - 1;
  return count === 1
    ? 'no dependency of a job on itself'
    : `dependencies without a circle: remove one of these ${String(count)}`;
}

function absent(
  { value }: GraphIssue,
  { among, near = [] }: IssueScope,
  consequence: string,
): Pick<IssueWords, 'reason' | 'accepted'> {
  if (among === 'FILES') {
    const guess = near.length === 0 ? '' : `; did you mean ${near.join(' or ')}?`;
    return {
      reason: `${String(value)} is in none of these files${guess}`,
      accepted: 'a job of these files, or one registered already',
    };
  }
  return {
    reason: `no such job is registered; ${consequence}`,
    accepted: near.length === 0 ? 'a registered job' : near.join(', '),
  };
}
