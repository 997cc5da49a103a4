import { STATE_TYPE_OF, type DamagedState, type ExecutionRecord } from '@phi/core';

import { findLostPlan } from './find-lost-plan.js';
import { registeredSchedule } from './register-jobs.js';
import { reportStateCorruption } from './report-state-corruption.js';
import type { Services } from './services.js';

/**
 * Tells of what scripts found damaged beside records, and mends what they cannot (specification: State Corruption Errors;
 * docs/adr/0038-damaged-state.md). Any number of processes may do it at once.
 *
 * @returns how many were found
 */
export async function mendState(services: Services): Promise<number> {
  const damaged = await services.repairs.damagedState();
  const failures: unknown[] = [];
  for (const damage of damaged) {
    // What cannot be mended in this round keeps nothing else from it.
    await mendOne(services, damage).catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw failures[0];
  return damaged.length;
}

async function mendOne(services: Services, damage: DamagedState): Promise<void> {
  if (damage.kind === 'PLAN') await mendPlan(services, damage);
  else {
    const given_up = !(await mend(services, damage));
    const subjects = [damage.subject === '' ? damage.kind : damage.subject];
    await tell(services, damage, { lost: damage.lost, given_up, subjects });
  }
  await services.repairs.forgetState(damage);
}

/** Most is mended by whoever found it. @returns whether it is mended */
async function mend(services: Services, { kind, subject }: DamagedState): Promise<boolean> {
  if (kind === 'JOB') return (await services.repairs.mendJob(subject)) !== 'UNREADABLE';
  if (kind === 'SCHEDULE') await mendSchedule(services, subject);
  return true;
}

async function mendSchedule(services: Services, scheduleId: string): Promise<void> {
  const job = (await services.catalog.current()).schedules().get(scheduleId);
  const from_ms = await services.schedules.now();
  const schedule = job === undefined ? undefined : registeredSchedule(job.definition, () => from_ms);
  const { job_id = '', revision = 0 } = job?.registration ?? {};
  const as = schedule === undefined ? undefined : { schedule, job_id, revision };
  await services.repairs.mendSchedule(scheduleId, as);
}

/** Executions in one call of a script. */
const AT_ONCE = 100;

/** Makes a plan again, or gives it up, and has those go on that go by it. */
async function mendPlan(services: Services, damage: DamagedState): Promise<void> {
  const plan_id = damage.subject;
  const users = await usersOf(services, plan_id);
  const plan = await findLostPlan(services, plan_id, users);
  if (plan !== undefined) await services.executions.savePlan(plan);
  // What nobody goes by any more is written again by who starts the next run by it.
  const hopeless = plan === undefined && users.length > 0;
  const words = new Set<string>();
  for (let at = 0; at === 0 || at < users.length; at += AT_ONCE) {
    const executions = users.slice(at, at + AT_ONCE).map(({ execution_id }) => execution_id);
    const command = { plan_id, given_up: hopeless, executions, actor: 'recovery' };
    words.add(await services.repairs.mendPlan(command));
  }
  const given_up = words.has('GIVEN_UP');
  const subjects = [...new Set(users.map(({ run_id }) => run_id))];
  await tell(services, damage, { lost: given_up ? PLAN_LOST : damage.lost, given_up, subjects });
}

const PLAN_LOST =
  'what was to follow in the run: what waited is cancelled, and what is not begun does not begin';

/** Those that still go by a plan. */
async function usersOf(services: Services, planId: string): Promise<readonly ExecutionRecord[]> {
  const users = new Map<string, ExecutionRecord>();
  let cursor: string | undefined;
  do {
    const { ids, next } = await services.repairs.unfinished(cursor);
    for (const record of await services.executions.getMany(ids))
      if (record.plan_id === planId) users.set(record.execution_id, record);
    cursor = next;
  } while (cursor !== undefined);
  return [...users.values()];
}

interface Loss {
  readonly lost: string;
  readonly given_up: boolean;
  /** What it is reported of: executions where it is of such. */
  readonly subjects: readonly string[];
}

const CODE = 'STATE_003_DEPENDENCY_STATE_CORRUPT';
const LOST = 'STATE_009_DEPENDENCY_STATE_LOST';

async function tell(
  services: Services,
  { kind, subject, corruption_type }: DamagedState,
  { lost, given_up, subjects }: Loss,
): Promise<void> {
  const now = await services.schedules.now();
  await reportStateCorruption(services, {
    error_code: given_up ? LOST : CODE,
    subject: subject === '' ? kind : subject,
    message: `${kind} ${subject} was damaged; lost is ${lost}`,
    errors: subjects.map((execution_id) => ({
      execution_id,
      state_type: STATE_TYPE_OF[kind],
      corruption_type,
      recovery_successful: !given_up,
      data_loss_scope: lost,
    })),
    identity: [kind, subject, String(now)],
  });
}
