import {
  DEFAULT_POOL,
  type Amounts,
  type ExecutionRecord,
  type ExecutorRecord,
  type PoolRecord,
  type WaitingLane,
} from '@phi/core';

import type { Catalog } from './catalog.js';
import type { Services } from './services.js';

/** A pool as it stands (specification: Rule 6). */
export interface PoolView extends Omit<PoolRecord, 'held' | 'reserved'> {
  /** Whether it has settings of its own: only of such a pool it is known what is held. */
  readonly is_known: boolean;
  readonly held: number | null;
  readonly reserved: Amounts | null;
  readonly waiting: number;
  /** The executors that serve it. */
  readonly executors: readonly string[];
  /** The executors that name it, although it is not dedicated: nothing of it comes to them by that. */
  readonly named_by: readonly string[];
}

/** What waits of one job for a pool. */
export interface PoolQueueView extends WaitingLane {
  /** It requests more than the pool's capacity, or than any executor that serves the pool has (RES_006_UNPLACEABLE). */
  readonly is_unplaceable: boolean;
}

export interface PoolDetailView extends PoolView {
  /** Some of the executions that hold a slot of it. */
  readonly holders: readonly string[];
  /** Some of what waits for it. */
  readonly queue: readonly PoolQueueView[];
  /** Registered jobs that name it. */
  readonly jobs: readonly string[];
}

const AMOUNTS = ['cpu_cores', 'memory_mb', 'disk_mb', 'network_bandwidth_mbps'] as const;
const UNLIMITED: Amounts = { cpu_cores: null, memory_mb: null, disk_mb: null, network_bandwidth_mbps: null };

/** Lanes of a pool that are looked at. */
const LANES_AT_MOST = 1000;
/** Executions, and lanes, that the view of one pool names. */
const NAMED_AT_MOST = 100;

/** The names of all pools: those that are known, those that registered jobs name, and the default. */
export async function poolNames(services: Services): Promise<readonly string[]> {
  const { jobs } = await services.catalog.current();
  const named = [...jobs.values()].map(({ definition }) => definition.resources.resource_pool);
  const known = await services.limits.poolNames();
  return [...new Set([DEFAULT_POOL, ...named, ...known])].sort();
}

/** @param names - of pools that there are */
export async function viewPools(services: Services, names: readonly string[]): Promise<readonly PoolView[]> {
  const executors = await services.leases.list();
  return Promise.all(names.map(async (name) => (await look(services, name, executors)).view));
}

/** @returns undefined where there is no such pool */
export async function viewPool(services: Services, name: string): Promise<PoolDetailView | undefined> {
  if (!(await poolNames(services)).includes(name)) return undefined;
  const { view, lanes, serving } = await look(services, name, await services.leases.list());
  return {
    ...view,
    holders: await services.limits.holders(name, NAMED_AT_MOST),
    queue: lanes.slice(0, NAMED_AT_MOST).map((lane) => ({
      ...lane,
      is_unplaceable: lane.request !== undefined && !isPlaceable(lane.request, [view], serving),
    })),
    jobs: jobsOf(await services.catalog.current(), name),
  };
}

/** Registered jobs that name a pool. */
export function jobsOf({ jobs }: Catalog, pool: string): string[] {
  return [...jobs.values()]
    .filter(({ definition }) => definition.resources.resource_pool === pool)
    .map(({ job_id }) => job_id);
}

/** Whether a queued execution requests more than its pool's capacity, or than any executor that serves the pool has. */
export async function isUnplaceable(
  services: Services,
  { resource_pool, request }: ExecutionRecord,
): Promise<boolean> {
  if (request === undefined) return false;
  const [milliCores, memory_mb, disk_mb, network_bandwidth_mbps] = request;
  const amounts = { cpu_cores: milliCores / 1000, memory_mb, disk_mb, network_bandwidth_mbps };
  const [pool, executors] = await Promise.all([services.limits.pool(resource_pool), services.leases.list()]);
  const serving = servingOf(resource_pool, pool?.dedicated === true, executors);
  return serving.length > 0 && !isPlaceable(amounts, pool === undefined ? [] : [pool], serving);
}

/** The executors that take executions of a pool. */
function servingOf(
  pool: string,
  isDedicated: boolean,
  executors: readonly ExecutorRecord[],
): readonly ExecutorRecord[] {
  const takes = ({ pools }: ExecutorRecord): boolean =>
    isDedicated ? pools.includes(pool) : pools.length === 0;
  return executors.filter((executor) => executor.places > 0 && takes(executor));
}

interface Look {
  readonly view: PoolView;
  readonly lanes: readonly WaitingLane[];
  readonly serving: readonly ExecutorRecord[];
}

async function look(services: Services, name: string, executors: readonly ExecutorRecord[]): Promise<Look> {
  const [record, lanes] = await Promise.all([
    services.limits.pool(name),
    services.limits.waiting(name, LANES_AT_MOST),
  ]);
  const isDedicated = record?.dedicated === true;
  const naming = executors.filter(({ pools }) => pools.includes(name));
  const serving = servingOf(name, isDedicated, executors);
  const view = {
    name,
    ...UNLIMITED,
    pool_concurrency_limit: null,
    paused: false,
    dedicated: false,
    held: null,
    reserved: null,
    ...record,
    is_known: record !== undefined,
    waiting: lanes.reduce((sum, { waiting }) => sum + waiting, 0),
    executors: serving.map(({ executor_id }) => executor_id),
    named_by: isDedicated ? [] : naming.map(({ executor_id }) => executor_id),
  };
  return { view, lanes, serving };
}

function isPlaceable(
  request: Amounts,
  capacities: readonly Amounts[],
  executors: readonly ExecutorRecord[],
): boolean {
  return (
    capacities.every((capacity) => canHold(capacity, request)) &&
    executors.some(({ resources }) => canHold(resources, request))
  );
}

function canHold(total: Amounts, request: Amounts): boolean {
  return AMOUNTS.every((name) => (request[name] ?? 0) <= (total[name] ?? Infinity));
}
