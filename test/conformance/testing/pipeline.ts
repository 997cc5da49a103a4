import { carryOn, decideConditions, type Services } from '@phi/engine';
import type { ExecutionRecord } from '@phi/core';

import { run, succeedWith, type Body, type EngineFixture } from './engine-fixture.js';

let fired = 0;

/** Starts a run as a schedule does. @param at - its nominal time, epoch milliseconds @returns the root's id */
export async function fire(services: Services, job_id: string, at: number): Promise<string> {
  const catalog = await services.catalog.current();
  const plan = catalog.planOf(job_id);
  await services.executions.savePlan(plan);
  const execution_id = `${job_id}-at-${String(at)}-${String(++fired)}`;
  const result = await services.executions.create({
    execution_id,
    run_id: execution_id,
    plan_id: plan.plan_id,
    job_id,
    trigger_type: 'SCHEDULED',
    trigger_id: 'test',
    scheduled_time: at,
    actor: 'test',
  });
  if (!result.ok) throw new Error(`not created: ${result.refusal}`);
  return execution_id;
}

/**
 * Runs everything that is admitted, and what that starts, until nothing is left.
 *
 * @param bodies - by job; the others succeed
 * @returns the jobs that ran, in order
 */
export async function runAll(
  fixture: EngineFixture,
  bodies: Readonly<Record<string, Body>> = {},
): Promise<string[]> {
  const { services, admitted } = fixture;
  const ran: string[] = [];
  do {
    for (let id = admitted.shift(); id !== undefined; id = admitted.shift()) {
      const job = (await services.executions.get(id))?.job_id ?? '';
      ran.push(job);
      await run(services, id, bodies[job] ?? (() => succeedWith()));
      await carryOn(services);
      await decideConditions(services);
    }
    await decideConditions(services);
  } while (admitted.length > 0);
  return ran;
}

/** What became of a run's executions, by job: the status, and the reason where there is one. */
export async function outcomesOf(services: Services, runId: string): Promise<Record<string, string>> {
  const records = await services.executions.getMany(await services.runs.executions(runId));
  return Object.fromEntries(records.map((record) => [record.job_id, outcomeOf(record)]));
}

export function outcomeOf({ status, reason }: ExecutionRecord): string {
  return reason === undefined ? status : `${status} ${reason}`;
}
