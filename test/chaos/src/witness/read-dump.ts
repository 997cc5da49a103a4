import { fsck, type Services } from '@phi/engine';
import { createKeys } from '@phi/store';
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
  const executions = await every((cursor) => services.executions.list(pageFrom(cursor)));
  return {
    executions,
    checkpoints: await readCheckpoints(redis, keys.key('checkpoints:')),
    findings: (await fsck(services)).findings,
    admitted: await redis.zrange(keys.key('admitted'), '0', '-1'),
    delivered: await readDelivered(services),
    deadLetters: new Set(await every((cursor) => services.deadLetters.list(pageFrom(cursor)))),
  };
}

function pageFrom(cursor: string | undefined): { readonly limit: number; readonly cursor?: string } {
  return { limit: PAGE, ...(cursor === undefined ? {} : { cursor }) };
}

interface Page<Item> {
  readonly items: readonly Item[];
  readonly next_cursor?: string;
}

/** Everything that is read page by page, from one cursor to the next. */
async function every<Item>(read: (cursor: string | undefined) => Promise<Page<Item>>): Promise<Item[]> {
  const found: Item[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await read(cursor);
    found.push(...page.items);
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

async function readDelivered({ delivery, limits }: Services): Promise<readonly string[]> {
  const pools = await limits.poolNames();
  const deliveries = await every(async (cursor) => {
    const { deliveries: items, ...rest } = await delivery.list(pools, cursor);
    return { items, ...rest };
  });
  return deliveries.map(({ execution_id }) => execution_id);
}
