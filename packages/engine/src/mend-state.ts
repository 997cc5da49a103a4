import {
  deriveId,
  type DamagedState,
  type ExecutionRecord,
  type StateCorruptionError,
  type StoredPlan,
} from '@phi/core';

import { RegisterHistory } from './register-history.js';
import type { Catalog } from './catalog.js';
import { restrictPlan } from './plan-again.js';
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
    await tell(services, damage, { lost: lossOf(damage), given_up, subjects });
  }
  await services.repairs.forgetState(damage);
}

function lossOf({ kind, lost }: DamagedState): string {
  return kind === 'SCHEDULE' ? 'whether it was paused: it fires from now on' : lost;
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
  const plan = await findPlan(services, plan_id, users);
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

/** How many states of the register are compiled at most to find a plan. */
const STATES_TRIED = 30;
/** A run may begin by what was registered before a change that is about to be made: so many changes back. */
const CHANGES_BACK = 3;

async function findPlan(
  services: Services,
  planId: string,
  users: readonly ExecutionRecord[],
): Promise<StoredPlan | undefined> {
  const roots = await services.executions.getMany([...new Set(users.map(({ run_id }) => run_id))]);
  const current = await services.catalog.current();
  const jobs = new Set([...roots, ...users].map(({ job_id }) => job_id));
  const known = [...jobs].map((job) => current.planOf(job)).find(({ plan_id }) => plan_id === planId);
  if (known !== undefined || users.length === 0) return known;
  const history = await RegisterHistory.read(services);
  const tried = new Set<Catalog>();
  for (const root of roots.toSorted((a, b) => b.created_time - a.created_time)) {
    const again = users.filter(({ run_id, pass }) => run_id === root.run_id && pass > 1);
    for (const catalog of statesAround(history, [root, ...again])) {
      if (tried.size >= STATES_TRIED) return undefined;
      tried.add(catalog);
      const plan = plansOf(history, catalog, root).find(({ plan_id }) => plan_id === planId);
      if (plan !== undefined) return plan;
    }
  }
  return undefined;
}

/** What was registered when executions were created, and shortly before. */
function statesAround(history: RegisterHistory, executions: readonly ExecutionRecord[]): Set<Catalog> {
  const instants = executions.flatMap(({ created_time }) => [
    created_time,
    ...history
      .changesUntil(created_time)
      .slice(0, CHANGES_BACK)
      .map((time) => time - 1),
  ]);
  return new Set(instants.map((instant) => history.at(instant)));
}

/** By what was registered then: the plan of a run, and the one by which a part of it ran again. */
function plansOf(
  history: RegisterHistory,
  catalog: Catalog,
  { job_id, created_time }: ExecutionRecord,
): readonly StoredPlan[] {
  const plan = catalog.planOf(job_id);
  const first = history.at(created_time).planOf(job_id);
  return [plan, restrictPlan(plan, new Set(first.jobs.map((job) => job.job_id)))];
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
