import {
  deriveId,
  type DamagedState,
  type ExecutionRecord,
  type StateCorruptionError,
  type StoredPlan,
} from '@phi/core';

import { catalogAt } from './catalog-at.js';
import { registeredSchedule } from './register-jobs.js';
import type { Services } from './services.js';

/**
 * Tells of what scripts found damaged beside records, and mends what they cannot (specification: State Corruption Errors;
 * docs/adr/0038-damaged-state.md). Any number of processes may do it at once.
 *
 * @returns how many were found
 */
export async function mendState(services: Services): Promise<number> {
  const damaged = await services.repairs.damagedState();
  for (const damage of damaged) {
    if (damage.kind === 'PLAN') await mendPlan(services, damage);
    else {
      const given_up = !(await mend(services, damage));
      const subjects = [damage.subject === '' ? damage.kind : damage.subject];
      await tell(services, damage, { ...damage, given_up, subjects });
    }
    await services.repairs.forgetState(damage);
  }
  return damaged.length;
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

/** Makes a plan again from its definitions: its id follows from them, and says whether it is the same. */
async function mendPlan(services: Services, damage: DamagedState): Promise<void> {
  const plan_id = damage.subject;
  const users = await usersOf(services, plan_id);
  const plan = await planAgain(services, plan_id, users);
  if (plan !== undefined) await services.executions.savePlan(plan);
  // What nobody goes by any more is written again by who starts the next run by it.
  const given_up = plan === undefined && users.length > 0;
  const subjects = [...new Set(users.map(({ run_id }) => run_id))];
  await tell(services, damage, { lost: given_up ? PLAN_LOST : damage.lost, given_up, subjects });
  for (let at = 0; at === 0 || at < users.length; at += AT_ONCE) {
    const executions = users.slice(at, at + AT_ONCE).map(({ execution_id }) => execution_id);
    await services.repairs.mendPlan({ plan_id, given_up, executions, actor: 'recovery' });
  }
}

const PLAN_LOST =
  'what was to follow in the run: what waited is cancelled, and what is not begun does not begin';

/** Those that still go by a plan. */
async function usersOf(services: Services, planId: string): Promise<readonly ExecutionRecord[]> {
  const users: ExecutionRecord[] = [];
  for (let from = 0; ;) {
    const { ids, next } = await services.repairs.unfinished(from);
    users.push(...(await services.executions.getMany(ids)).filter(({ plan_id }) => plan_id === planId));
    if (next === undefined) return users;
    from = next;
  }
}

async function planAgain(
  services: Services,
  planId: string,
  users: readonly ExecutionRecord[],
): Promise<StoredPlan | undefined> {
  const roots = await services.executions.getMany([...new Set(users.map(({ run_id }) => run_id))]);
  const jobs = new Set([...roots, ...users].map(({ job_id }) => job_id));
  const isIt = (plan: StoredPlan): boolean => plan.plan_id === planId;
  const current = await services.catalog.current();
  const known = [...jobs].map((job) => current.planOf(job)).find(isIt);
  if (known !== undefined) return known;
  for (const { created_time, job_id } of roots) {
    // A job may have been changed within the same millisecond, before it or after.
    for (const instant of [created_time, created_time - 1]) {
      const plan = (await catalogAt(services, instant)).planOf(job_id);
      if (isIt(plan)) return plan;
    }
  }
  return undefined;
}

interface Loss {
  readonly lost: string;
  readonly given_up?: boolean;
  /** What it is reported of: executions where it is of such. */
  readonly subjects: readonly string[];
}

/** What belongs to no dependency. */
const QUEUE_STATE: ReadonlySet<DamagedState['kind']> = new Set([
  'WINDOW',
  'PAUSES',
  'SCHEDULE',
  'LEDGER',
  'EXHAUSTED',
  'JOB',
]);

const CODE = 'STATE_003_DEPENDENCY_STATE_CORRUPT';
const LOST = 'STATE_009_DEPENDENCY_STATE_LOST';

async function tell(
  services: Services,
  { kind, subject, corruption_type }: DamagedState,
  { lost, given_up = false, subjects }: Loss,
): Promise<void> {
  const error_code = given_up ? LOST : CODE;
  const now = await services.schedules.now();
  services.alerts.raise({
    kind: 'STATE_CORRUPTION',
    severity: 'critical',
    subject: subject === '' ? kind : subject,
    error_code,
    message: `${kind} ${subject} was damaged; lost is ${lost}`,
  });
  for (const execution_id of subjects) {
    const error: StateCorruptionError = {
      execution_id,
      state_type: QUEUE_STATE.has(kind) ? 'QUEUE_STATE' : 'DEPENDENCY_STATE',
      corruption_type,
      recovery_attempted: true,
      recovery_successful: !given_up,
      data_loss_scope: lost,
    };
    const id = deriveId('state-corruption', kind, subject, execution_id, String(now));
    await services.errors.report('phi_execution_errors', { id, error_code, error });
  }
}
