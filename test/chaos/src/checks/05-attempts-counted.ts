import { LOST_ATTEMPT_BUDGET, type ExecutionRecord } from '@phi/core';

import type { Dump } from '../witness/dump.js';
import { chainsOf, idsOf, LOST, summary } from './chains.js';
import { violationOf, type Check, type Violation } from './check.js';

/** Attempts ≤ max_attempts (one more where the first does not count); a chain has one final outcome. */
export const attemptsCounted: Check = (dump) =>
  [...chainsOf(dump.executions).values()].flatMap((attempts) => ofChain(dump, attempts));

const violation = violationOf(5);
const FAILED: readonly string[] = ['FAILED', 'TIMEOUT'];

function ofChain({ intent, deadLetters }: Dump, attempts: readonly ExecutionRecord[]): Violation[] {
  const last = attempts.at(-1);
  if (last === undefined) return [];
  const lost = attempts.map(({ reason }) => reason === LOST);
  const lostBefore = (index: number): number => lost.slice(0, index).filter(Boolean).length;
  const counted = attempts.length - lost.filter(Boolean).length;
  const problems = [
    attempts.some(({ attempt_number }, index) => attempt_number !== index + 1) && 'its attempts have gaps',
    attempts.some((attempt, index) => attempt.retried_by !== attempts[index + 1]?.execution_id) &&
      'its attempts do not follow one another',
    attempts.slice(0, -1).some(({ status }) => !FAILED.includes(status)) &&
      'it went on after an attempt that had not failed',
    attempts.some(({ lost_attempts }, index) => lost_attempts !== lostBefore(index)) &&
      'its lost attempts are counted wrong',
    counted > (intent.maxAttempts.get(last.job_id) ?? Infinity) && 'it has more attempts than it may',
    lostBefore(attempts.length - 1) > LOST_ATTEMPT_BUDGET && 'more of its attempts were lost than may be',
    attempts.filter(({ history }) => history.some(({ event }) => event === 'SUCCEED')).length > 1 &&
      'more than one of its attempts succeeded',
    last.status !== 'FAILED' && deadLetters.has(last.execution_id) && 'it is a dead letter and did not fail',
  ];
  return problems.flatMap((what) =>
    what === false ? [] : [violation(what, idsOf(attempts), attempts.map(summary))],
  );
}
