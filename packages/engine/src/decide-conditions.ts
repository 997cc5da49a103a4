import {
  compileExpression,
  describeProblem,
  type AskedCondition,
  type ConditionAnswer,
  type Execution,
  type ExecutionRecord,
} from '@phi/core';

import type { Services } from './services.js';
import { viewExecution } from './view-execution.js';

/** Conditions evaluated in one round. */
const ROUND = 200;

/**
 * Evaluates the conditions that edges wait for (specification: Dependency, `condition`; Rule 2). Whoever caused them to be asked does it at once,
 * the scheduler what was left over; doing it twice changes nothing.
 *
 * @returns how many were answered
 */
export async function decideConditions(services: Services): Promise<number> {
  let answered = 0;
  for (;;) {
    const asked = await services.executions.askedConditions(ROUND);
    if (asked.length === 0) return answered;
    await services.executions.answerConditions(await answersOf(services, asked));
    answered += asked.length;
  }
}

async function answersOf(
  services: Services,
  asked: readonly AskedCondition[],
): Promise<readonly ConditionAnswer[]> {
  const upstreams = await services.executions.getMany([
    ...new Set(asked.map(({ upstream_id }) => upstream_id)),
  ]);
  const byId = new Map(upstreams.map((record) => [record.execution_id, record]));
  return Promise.all(asked.map((question) => answer(services, question, byId.get(question.upstream_id))));
}

async function answer(
  services: Services,
  { execution_id, edge, upstream_id, condition }: AskedCondition,
  upstream: ExecutionRecord | undefined,
): Promise<ConditionAnswer> {
  const base = { execution_id, edge, upstream_id, actor: 'condition' };
  // The script that takes the answer decides the edge anew, and asks again.
  if (condition === undefined)
    return { ...base, answer: 'failed', detail: 'the decided edge cannot be read' };
  if (upstream === undefined)
    return { ...base, answer: 'failed', detail: 'the upstream execution is not kept any more' };
  const compiled = compileExpression(condition, ['upstream']);
  if (!compiled.ok) return { ...base, answer: 'failed', detail: describeProblem(compiled.problem) };
  const evaluation = compiled.expression.evaluate({ upstream: await viewOutcome(services, upstream) });
  return evaluation.ok
    ? { ...base, answer: evaluation.value ? 'true' : 'false' }
    : { ...base, answer: 'failed', detail: evaluation.reason };
}

/** While a large fan-out is under way the record says COMPLETING; the outcome that is judged is final. */
async function viewOutcome(services: Services, upstream: ExecutionRecord): Promise<Execution> {
  const view = await viewExecution(services, upstream);
  return view.status === 'COMPLETING' ? { ...view, status: 'COMPLETED' } : view;
}
