import type { Finding, StorePart, Stores } from '@phi/core';

const AT_ONCE = 50;

/**
 * Checks every execution, index, lane, line and run of a store, and its sums: what `fsck` of the engine does, in the plainest way.
 *
 * @throws Error with what was found
 */
export async function insistSound({ integrity, limits, leases }: Stores): Promise<void> {
  const found: Finding[] = [];
  const check = async (
    part: StorePart,
    subjects: readonly string[],
    before: string[] = [],
  ): Promise<void> => {
    for (let from = 0; from < subjects.length; from += AT_ONCE) {
      const args = [...before, ...subjects.slice(from, from + AT_ONCE)];
      found.push(...(await integrity.check(part, args, false)).findings);
    }
  };
  const keys = await all((cursor) => integrity.keys('*', cursor));
  const named = (prefix: string): string[] =>
    keys.filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
  await check('executions', named('x:'));
  await check('lanes', named('lane:'));
  await check('lines', named('line:'));
  await check('runs', named('run:'));
  const indexes = await integrity.indexes();
  for (const key of keys)
    if (indexes.some((prefix) => (prefix.endsWith(':') ? key.startsWith(prefix) : key === prefix)))
      await check('entries', await all((cursor) => integrity.members(key, cursor)), [key]);
  for (const queue of ['ready', 'ready_static', 'ready_dedicated', 'ready_dedicated_static', 'parked_on'])
    await check('lanes', await all((cursor) => integrity.members(queue, cursor)));
  const pools = (await limits.poolNames()).map((pool) => `pool:${pool}`);
  const executors = (await leases.list()).map(({ executor_id }) => `executor:${executor_id}`);
  await check('sums', ['shared', ...pools, ...executors]);
  if (found.length > 0) throw new Error(`the store is not sound: ${JSON.stringify(found, undefined, 1)}`);
}

async function all(
  page: (cursor: string | undefined) => Promise<{ found: readonly string[]; next_cursor?: string }>,
): Promise<string[]> {
  const found: string[] = [];
  let cursor: string | undefined;
  do {
    const slice = await page(cursor);
    found.push(...slice.found);
    cursor = slice.next_cursor;
  } while (cursor !== undefined);
  return [...new Set(found)];
}
