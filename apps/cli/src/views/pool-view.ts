import type { Amounts, Pool, PoolDetail } from '../api/pool.js';
import { facts, table } from '../output/table.js';

const NO_LIMIT = '-';

/** Of each amount what is requested of what there is, as `used/total`. */
const AMOUNTS = ['cpu_cores', 'memory_mb', 'disk_mb', 'network_bandwidth_mbps'] as const;

/** Pools as a table. */
export function describePools(pools: readonly Pool[]): string {
  const rows = pools.map((pool) => [
    pool.name,
    shareOf(pool.held, pool.pool_concurrency_limit),
    ...AMOUNTS.map((name) => shareOf(pool.reserved?.[name] ?? null, pool[name])),
    pool.waiting,
    pool.executors.length,
    stateOf(pool),
  ]);
  return table(
    ['POOL', 'HELD', 'CPU', 'MEMORY MB', 'DISK MB', 'MBIT/S', 'WAITING', 'EXECUTORS', 'STATE'],
    rows,
  );
}

/** One pool with who holds its slots and what waits for them. */
export function describePool(pool: PoolDetail): string {
  const head = facts([
    ['pool', pool.name],
    ['state', stateOf(pool)],
    ['held', shareOf(pool.held, pool.pool_concurrency_limit)],
    ...AMOUNTS.map((name) => [name, shareOf(pool.reserved?.[name] ?? null, pool[name])] as const),
    ['held by', pool.holders.join(', ')],
    ['waiting', pool.waiting],
    ['served by', pool.executors.join(', ')],
    ['named in vain by', pool.named_by.join(', ')],
    ['jobs', pool.jobs.join(', ')],
  ]);
  if (pool.queue.length === 0) return head;
  const rows = pool.queue.map((lane) => [
    lane.job_id,
    lane.waiting,
    lane.request === null ? NO_LIMIT : requestOf(lane.request),
    lane.is_unplaceable ? `${lane.parked_on ?? ''} (UNPLACEABLE)` : (lane.parked_on ?? 'its turn'),
    lane.execution_id,
  ]);
  return `${head}\n\n${table(['JOB', 'WAITING', 'REQUESTS', 'WAITS FOR', 'FIRST'], rows)}`;
}

function stateOf({ paused, dedicated }: Pool): string {
  return [...(paused ? ['paused'] : []), ...(dedicated ? ['dedicated'] : [])].join(', ');
}

function shareOf(used: number | null, limit: number | null): string {
  return `${used === null ? '?' : String(used)}/${limit === null ? NO_LIMIT : String(limit)}`;
}

function requestOf(request: Amounts): string {
  return AMOUNTS.flatMap((name) => {
    const amount = request[name];
    return amount === null || amount === 0 ? [] : [`${name} ${String(amount)}`];
  }).join(', ');
}
