import {
  REPAIR_LISTS,
  retryExecutionId,
  type CorruptionType,
  type ExecutionRecord,
  type JobDefinition,
  type RebuildCommand,
  type RebuildResult,
  type RepairList,
  type StateCorruptionError,
} from '@phi/core';

import { orderEnd, orderFailure, type Failure } from './fail-attempt.js';
import { reportStateCorruption } from './report-state-corruption.js';
import type { Services } from './services.js';

/** Where a search for damaged records goes on. */
export interface RepairCursor {
  readonly list: RepairList;
  readonly from: number;
}

export const REPAIR_START: RepairCursor = { list: 'active', from: 0 };

/**
 * Looks through a part of the records and rebuilds those that cannot be read (specification: State Corruption Errors). Any number of
 * processes may do it at once: one of them rebuilds a record.
 *
 * @param hopeless - what cannot be rebuilt and was told of; added to
 * @returns how many were rebuilt, and where to go on
 */
export async function rebuildDamaged(
  services: Services,
  cursor: RepairCursor,
  hopeless: Set<string>,
): Promise<{ readonly rebuilt: number; readonly next: RepairCursor }> {
  const { damaged, next } = await services.repairs.scan(cursor.list, cursor.from);
  let rebuilt = 0;
  for (const [executionId, damage] of damaged) {
    if (hopeless.has(executionId)) continue;
    const word = await rebuildExecution(services, executionId, damage);
    if (word === 'REBUILT') rebuilt += 1;
    if (word === 'HOPELESS') hopeless.add(executionId);
  }
  return { rebuilt, next: next === undefined ? listAfter(cursor.list) : { list: cursor.list, from: next } };
}

function listAfter(list: RepairList): RepairCursor {
  return { list: REPAIR_LISTS[(REPAIR_LISTS.indexOf(list) + 1) % REPAIR_LISTS.length] ?? 'active', from: 0 };
}

/** Rebuilds a record from what else is known of it, and tells of it. @returns HOPELESS where nothing is known of it */
export async function rebuildExecution(
  services: Services,
  executionId: string,
  corruption_type: CorruptionType,
): Promise<RebuildResult['word'] | 'HOPELESS'> {
  const command = await gather(services, executionId);
  if (command === undefined) {
    await tell(services, {
      execution_id: executionId,
      corruption_type,
      recovery_successful: false,
      data_loss_scope: NOTHING_KNOWN,
    });
    return 'HOPELESS';
  }
  const { word } = await services.repairs.rebuild(command);
  if (word === 'REBUILT') {
    const data_loss_scope = command.detail;
    const told = { execution_id: executionId, corruption_type, recovery_successful: true, data_loss_scope };
    await tell(services, told, command.known.job_id);
  }
  return word;
}

const NOTHING_KNOWN = 'everything: no index says which job it was of';

async function gather(services: Services, execution_id: string): Promise<RebuildCommand | undefined> {
  const seen = await services.repairs.trace(execution_id);
  const catalog = await services.catalog.current();
  const job_id = seen?.job_id ?? (await services.repairs.jobOf(execution_id, [...catalog.jobs.keys()]));
  if (job_id === undefined) return undefined;
  const before = await findBefore(services, job_id, execution_id, seen?.run_id);
  const retried_by = await findAfter(services, execution_id, before);
  const run_id = before?.run_id ?? seen?.run_id ?? execution_id;
  const sibling = before ?? (await findSibling(services, run_id));
  const job = catalog.jobs.get(job_id);
  const definition =
    before === undefined ? job?.definition : await services.catalog.definition(job_id, before.job_revision);
  const known = {
    job_id,
    run_id,
    plan_id: sibling?.plan_id ?? (job === undefined ? '' : await presentPlan(services, job_id)),
    job_revision: before?.job_revision ?? job?.revision ?? 0,
    job_type: definition?.job_type ?? '',
    resource_pool: definition?.resources.resource_pool ?? 'default',
    priority: definition?.resources.priority ?? 0,
    ...(retried_by === undefined ? {} : { retried_by }),
  };
  return {
    execution_id,
    actor: 'recovery',
    known,
    detail: lostWith(before),
    end: await orderOf(services, execution_id, { before, known, definition }),
    ...(before === undefined ? {} : { before: before.execution_id }),
    ...(seen === undefined ? {} : { seen }),
  };
}

/** Members of a run of which one is readable, or its plan is given up. */
const SIBLINGS_LOOKED_AT = 20;

async function findSibling(services: Services, runId: string): Promise<ExecutionRecord | undefined> {
  const ids = await services.runs.executions(runId);
  return (await services.executions.getMany([runId, ...ids.slice(0, SIBLINGS_LOOKED_AT)]))[0];
}

/** Executions of the job among which the attempt before is looked for, where nobody knows its run. */
const LOOKED_AT = 1000;

async function findBefore(
  services: Services,
  job_id: string,
  executionId: string,
  runId: string | undefined,
): Promise<ExecutionRecord | undefined> {
  const items =
    runId === undefined
      ? (await services.executions.list({ job_id, limit: LOOKED_AT })).items
      : await services.executions.getMany(await services.runs.executions(runId));
  return items.find(({ retried_by }) => retried_by === executionId);
}

/** The attempt after it, whose id follows from the chain. */
async function findAfter(
  services: Services,
  executionId: string,
  before: ExecutionRecord | undefined,
): Promise<string | undefined> {
  const chain = before?.parent_execution_id ?? before?.execution_id ?? executionId;
  const id = retryExecutionId(services.namespace, chain, (before?.attempt_number ?? 0) + 2);
  const [after] = await services.executions.getMany([id]);
  return after?.execution_id;
}

/** What its run would start if it began now: nothing says any more what it started. */
async function presentPlan(services: Services, jobId: string): Promise<string> {
  const plan = (await services.catalog.current()).planOf(jobId);
  await services.executions.savePlan(plan);
  return plan.plan_id;
}

const LOST = 'STATE_008_RECORD_LOST';

function lostWith(before: ExecutionRecord | undefined): string {
  return before === undefined
    ? 'parameters, trigger, history and result: it is not run again, because nobody knows with which parameters'
    : 'history, result and lease: its chain goes on from the attempt before, and from its checkpoint';
}

async function orderOf(
  services: Services,
  execution_id: string,
  of: {
    readonly before: ExecutionRecord | undefined;
    readonly known: RebuildCommand['known'];
    readonly definition: JobDefinition | undefined;
  },
): Promise<RebuildCommand['end']> {
  const { before, known, definition } = of;
  const failure: Failure = {
    error_code: LOST,
    error_message: `its record was damaged; lost are ${lostWith(before)}`,
    status: 'FAILED',
    how: before === undefined ? 'FAILED' : 'LOST',
  };
  const now = await services.schedules.now();
  if (definition === undefined || before === undefined)
    return orderEnd(services, { job_id: known.job_id }, definition, failure, now);
  return orderFailure(services, nextOf(before, execution_id), definition, failure, now);
}

function nextOf(before: ExecutionRecord, execution_id: string): ExecutionRecord {
  const parent_execution_id = before.parent_execution_id ?? before.execution_id;
  return { ...before, execution_id, parent_execution_id, attempt_number: before.attempt_number + 1 };
}

type Damage = Omit<StateCorruptionError, 'state_type' | 'recovery_attempted'>;

function tell(services: Services, damage: Damage, job_id?: string): Promise<void> {
  const { execution_id, recovery_successful, data_loss_scope } = damage;
  return reportStateCorruption(services, {
    error_code: LOST,
    subject: execution_id,
    message: `the record of execution ${execution_id} was damaged; lost are ${data_loss_scope}`,
    ...(job_id === undefined ? {} : { context: { job_id } }),
    errors: [{ ...damage, state_type: 'QUEUE_STATE' }],
    identity: ['record', String(recovery_successful)],
  });
}
