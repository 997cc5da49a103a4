import type { CheckedRetry, JobDefinition } from '@phi/core';
import { findingOf } from '@phi/core';

import type { Services } from '../services.js';
import { checkPart } from './check-part.js';
import type { WalkContext } from './walk.js';

/** Executions whose dependents are looked at in one call. */
const RELEASES_AT_ONCE = 20;

/** Invariants 1 to 5 and 8 to 10, as far as they are about single executions. */
export async function checkExecutions(context: WalkContext, ids: readonly string[]): Promise<void> {
  const reports = await checkPart(context, 'executions', ids, { invariants: [1, 2, 3, 5, 8, 9, 10] });
  for (const { retries, with_dependents, lost, handed_over } of reports) {
    context.tally.lost += lost;
    context.tally.handedOver += handed_over;
    await checkAttempts(context, retries);
    await checkReleases(context, with_dependents);
  }
}

/** Invariant 4: in as many calls as their dependents take. */
async function checkReleases(
  { services, repair, tally }: WalkContext,
  ids: readonly string[],
): Promise<void> {
  for (let from = 0; from < ids.length; from += RELEASES_AT_ONCE) {
    const some = ids.slice(from, from + RELEASES_AT_ONCE);
    let subjects: readonly (string | number)[] = some.flatMap((id) => [id, 1]);
    while (subjects.length > 0) {
      const { findings, left } = await services.integrity.check('releases', subjects, repair);
      tally.add(findings);
      subjects = left;
    }
    tally.count([4], some.length);
  }
}

/** Invariant 5: how many attempts a job may have, its definition says. */
async function checkAttempts(
  { services, tally }: WalkContext,
  retries: readonly CheckedRetry[],
): Promise<void> {
  for (const retry of retries) {
    const most = await attemptsAtMost(services, retry);
    if (most === undefined || retry.attempt_number <= most) continue;
    const detail = `is attempt ${String(retry.attempt_number)} of at most ${String(most)}`;
    tally.add([findingOf('ATTEMPTS_EXCEEDED', { kind: 'execution', id: retry.execution_id }, detail)]);
  }
}

/** Those that were lost, or handed over, which are counted among them, do not use up the policy's; undefined where the definition is gone. */
async function attemptsAtMost(services: Services, retry: CheckedRetry): Promise<number | undefined> {
  const definition = await services.catalog.definition(retry.job_id, retry.job_revision);
  if (definition === undefined) return undefined;
  return policyAttempts(definition) + retry.lost_attempts;
}

function policyAttempts({ retry_policy }: JobDefinition): number {
  const policies = [retry_policy, ...Object.values(retry_policy.by_error ?? {})];
  return Math.max(
    ...policies.map(
      ({ max_attempts = 1, include_initial = true }) => max_attempts + (include_initial ? 0 : 1),
    ),
  );
}
