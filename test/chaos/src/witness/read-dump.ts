import type { ExecutionRecord, Stores } from '@phi/core';
import { fsck, type Services } from '@phi/engine';
import { queuePrefix } from '@phi/queues';
import { createKeys } from '@phi/store';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import type { Dump, DumpedCheckpoint } from './dump.js';

const PAGE = 1000;

type Stored = Pick<
  Dump,
  'executions' | 'checkpoints' | 'findings' | 'admitted' | 'delivered' | 'deadLetters'
>;

/** Reads what the store and BullMQ have of a namespace. */
export async function readStored(services: Services, redis: Redis, namespace: string): Promise<Stored> {
  const keys = createKeys(namespace);
  const executions = await everyExecution(services);
  return {
    executions,
    checkpoints: await readCheckpoints(redis, keys.key('checkpoints:')),
    findings: (await fsck(services)).findings,
    admitted: await redis.zrange(keys.key('admitted'), '0', '-1'),
    delivered: await readDelivered(redis, namespace),
    deadLetters: await readDeadLetters(services),
  };
}

async function everyExecution(stores: Pick<Stores, 'executions'>): Promise<readonly ExecutionRecord[]> {
  const found: ExecutionRecord[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await stores.executions.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    found.push(...page.items);
    if (page.next_cursor === undefined) return found;
    cursor = page.next_cursor;
  }
}

async function readDeadLetters(stores: Pick<Stores, 'deadLetters'>): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (let cursor: string | undefined; ;) {
    const page = await stores.deadLetters.list({ limit: PAGE, ...(cursor === undefined ? {} : { cursor }) });
    for (const id of page.items) found.add(id);
    if (page.next_cursor === undefined) return found;
    cursor = page.next_cursor;
  }
}

async function keysOf(redis: Redis, prefix: string): Promise<readonly string[]> {
  // The name of a namespace is in braces, which mean nothing in a pattern.
  const found: string[] = [];
  for await (const keys of redis.scanStream({ match: `${prefix}*`, count: PAGE }))
    found.push(...(keys as string[]));
  return found;
}

async function readCheckpoints(redis: Redis, prefix: string): Promise<readonly DumpedCheckpoint[]> {
  const found = (await keysOf(redis, prefix)).map(async (key) => {
    const fields = await redis.hgetall(key);
    return ['0.', '1.'].flatMap((slot) => {
      const execution_id = fields[`${slot}execution_id`];
      if (execution_id === undefined) return [];
      const number = (name: string): number => Number(fields[slot + name]);
      const chain_id = key.slice(prefix.length);
      return [
        {
          chain_id,
          execution_id,
          sequence: number('sequence'),
          fence: number('fence'),
          time: number('time'),
        },
      ];
    });
  });
  return (await Promise.all(found)).flat();
}

async function readDelivered(redis: Redis, namespace: string): Promise<readonly string[]> {
  const connection = redis.duplicate({ maxRetriesPerRequest: null });
  const queue = new Queue<{ readonly execution_id: string }>('phi_executions', {
    connection,
    prefix: queuePrefix(namespace),
  });
  try {
    const jobs = await queue.getJobs(['waiting', 'active', 'delayed', 'prioritized']);
    return jobs.map((job) => job.data.execution_id);
  } finally {
    await queue.close();
    connection.disconnect();
  }
}
