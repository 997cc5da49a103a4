import type { Page } from '@phi/core';
import type { Redis } from 'ioredis';

interface Entry {
  readonly id: string;
  readonly score: number;
}

/** A member and the cursor that asks for what follows it. */
export interface Listed {
  readonly id: string;
  readonly cursor: string;
}

/**
 * The newest members of one or several sorted sets scored by time.
 *
 * @param cursor - of the last member shown
 * @returns at most `limit`; fewer only when there are no more
 */
export async function listNewest(
  redis: Redis,
  keys: readonly string[],
  limit: number,
  cursor: string | undefined,
): Promise<Listed[]> {
  const after = cursor === undefined ? undefined : readCursor(cursor);
  const found = await Promise.all(keys.map((key) => newest(redis, key, limit, after)));
  const merged = found.flat().sort(newestFirst).slice(0, limit);
  return merged.map(({ id, score }) => ({ id, cursor: `${String(score)}~${id}` }));
}

/**
 * A page of what members stand for.
 *
 * @param read - reads members, in order, and leaves out those that are gone
 * @param accepts - which of them belong on the page
 */
export async function readPage<Item>(
  list: (limit: number, cursor: string | undefined) => Promise<readonly Listed[]>,
  read: (ids: readonly string[]) => Promise<readonly { readonly id: string; readonly item: Item }[]>,
  page: { readonly limit: number; readonly cursor?: string },
  accepts: (item: Item) => boolean,
): Promise<Page<Item>> {
  const kept: { item: Item; cursor: string }[] = [];
  let cursor = page.cursor;
  for (;;) {
    const listed = await list(page.limit + 1, cursor);
    const cursors = new Map(listed.map((entry) => [entry.id, entry.cursor]));
    for (const { id, item } of await read([...cursors.keys()])) {
      if (accepts(item)) kept.push({ item, cursor: cursors.get(id) ?? '' });
    }
    cursor = listed.at(-1)?.cursor;
    if (kept.length > page.limit || listed.length <= page.limit) break;
  }
  const items = kept.slice(0, page.limit);
  const last = items.at(-1);
  return {
    items: items.map(({ item }) => item),
    ...(kept.length > page.limit && last !== undefined ? { next_cursor: last.cursor } : {}),
  };
}

function newestFirst(a: Entry, b: Entry): number {
  if (a.score !== b.score) return b.score - a.score;
  if (a.id === b.id) return 0;
  return a.id < b.id ? 1 : -1;
}

async function newest(redis: Redis, key: string, count: number, after: Entry | undefined): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let offset = 0; entries.length < count; offset += count) {
    const raw = await redis.zrevrangebyscore(
      key,
      after?.score ?? '+inf',
      '-inf',
      'WITHSCORES',
      'LIMIT',
      offset,
      count,
    );
    if (raw.length === 0) break;
    for (let at = 0; at < raw.length; at += 2) {
      const entry = { id: raw[at] ?? '', score: Number(raw[at + 1]) };
      if (after === undefined || newestFirst(after, entry) < 0) entries.push(entry);
    }
  }
  return entries.slice(0, count);
}

function readCursor(cursor: string): Entry {
  const at = cursor.indexOf('~');
  return { score: Number(cursor.slice(0, at)), id: cursor.slice(at + 1) };
}
