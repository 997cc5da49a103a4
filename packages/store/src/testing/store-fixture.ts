import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import type { Delivery, StoredPlan, StoredPlanEdge, StoredPlanJob, Stores } from '@phi/core';
import { replacePassage, testRedis, type TestRedis } from '@phi/testkit';
import type { Redis } from 'ioredis';

import { createKeys, type Keys } from '../keys.js';
import { openStores } from '../open-store.js';

/** The stores of a namespace of its own on the Redis that tests share. */
export interface StoreFixture {
  readonly stores: Stores;
  readonly redis: Redis;
  readonly keys: Keys;
  readonly namespace: string;
  /** Ids that were admitted, in order; a test takes them from the front. */
  readonly admitted: string[];
  /** Moves Redis' time as Phi sees it, by milliseconds from the real one. */
  setClockOffset(ms: number): Promise<void>;
  close(): Promise<void>;
}

export function openFixture(label: string, scriptDirectory?: URL): StoreFixture {
  const corner: TestRedis = testRedis(label);
  const redis = corner.connect();
  const keys = createKeys(corner.namespace);
  const admitted: string[] = [];
  const listener = {
    onAdmitted: (deliveries: readonly Delivery[]) => admitted.push(...deliveries.map((d) => d.execution_id)),
    onMore: () => undefined,
    onConditions: () => undefined,
    onUnreadable: () => undefined,
  };
  const stores = openStores(redis, corner.namespace, listener, scriptDirectory);
  return {
    stores,
    redis,
    keys,
    namespace: corner.namespace,
    admitted,
    async setClockOffset(ms) {
      await redis.set(keys.key('clock_offset'), String(ms));
    },
    close: () => corner.cleanup(),
  };
}

export function planJob(
  job_id: string,
  edges: readonly StoredPlanEdge[] = [],
  more: Partial<StoredPlanJob> = {},
): StoredPlanJob {
  return {
    job_id,
    revision: 1,
    job_type: 'INGESTION',
    resource_pool: 'default',
    priority: 0,
    enabled: true,
    require_all: true,
    skip_if_running: false,
    queue_if_running: false,
    edges,
    ...more,
  };
}

export function planEdge(upstream_job_id: string, more: Partial<StoredPlanEdge> = {}): StoredPlanEdge {
  return {
    dependency_id: `on-${upstream_job_id}`,
    upstream_job_id,
    dependency_type: 'SUCCESS',
    join: 'NEW',
    inside: true,
    skip_on_upstream_skip: true,
    ...more,
  };
}

export function planOf(plan_id: string, jobs: readonly StoredPlanJob[]): StoredPlan {
  const dependents = new Map<string, string[]>();
  for (const job of jobs) {
    for (const edge of job.edges.filter((candidate) => candidate.inside)) {
      dependents.set(edge.upstream_job_id, [...(dependents.get(edge.upstream_job_id) ?? []), job.job_id]);
    }
  }
  return { plan_id, jobs, dependents };
}

/** Sets limits by name, those of pools as well; undefined takes one away. */
export function setLimits(
  { stores }: StoreFixture,
  limits: ReadonlyMap<string, number | undefined>,
): Promise<void> {
  const isPool = (name: string): boolean => name.startsWith('pool:');
  return stores.limits.change({
    limits: new Map([...limits].filter(([name]) => !isPool(name))),
    pools: [...limits]
      .filter(([name]) => isPool(name))
      .map(([name, limit]) => ({ name: name.slice('pool:'.length), pool_concurrency_limit: limit ?? null })),
  });
}

/** A copy of the scripts with one passage changed: a fault that a checker has to catch. */
export function plantFault(
  file: string,
  passage: string,
  replacement: string,
): { readonly directory: URL; remove(): void } {
  const directory = mkdtempSync(join(tmpdir(), 'phi-lua-'));
  cpSync(fileURLToPath(new URL('../../lua/', import.meta.url)), directory, { recursive: true });
  replacePassage(join(directory, file), passage, replacement);
  return { directory: pathToFileURL(`${directory}/`), remove: () => rmSync(directory, { recursive: true }) };
}

let created = 0;

/** Creates the root execution of a run under a plan. @returns its id */
export async function createRoot(
  fixture: StoreFixture,
  planId: string,
  jobId: string,
  more: { manual?: boolean; execution_id?: string } = {},
): Promise<string> {
  const execution_id = more.execution_id ?? `root-${String(++created)}`;
  const result = await fixture.stores.executions.create({
    execution_id,
    plan_id: planId,
    job_id: jobId,
    run_id: execution_id,
    trigger_type: more.manual === true ? 'MANUAL' : 'SCHEDULED',
    trigger_id: 'test',
    actor: 'test',
    manual: more.manual ?? false,
  });
  if (!result.ok) throw new Error(`not created: ${result.refusal}`);
  return execution_id;
}

/** Claims an admitted execution and ends it. */
export async function runToEnd(
  fixture: StoreFixture,
  executorId: string,
  executionId: string,
  succeed = true,
): Promise<string> {
  const { executions } = fixture.stores;
  const nonce = `nonce-${executionId}`;
  const base = { execution_id: executionId, nonce, op: nonce, actor: executorId };
  const claim = await executions.transition({
    ...base,
    event: 'CLAIM',
    executor_id: executorId,
    with_record: true,
  });
  if (!claim.ok || claim.record === undefined) throw new Error(`not claimed: ${JSON.stringify(claim)}`);
  const ends = succeed
    ? [
        executions.transition({ ...base, event: 'SUCCEED', result: '{}' }),
        executions.transition({ ...base, event: 'COMPLETE' }),
      ]
    : [executions.transition({ ...base, event: 'FAIL', reason: 'EXEC_006_MODULE_FAILED', result: '{}' })];
  await Promise.all(ends);
  return claim.record.job_id;
}
