import type { Page } from '@phi/core';
import type { Redis } from 'ioredis';

interface Entry {
  readonly id: string;
  readonly score: number;
}

/**
 * The newest members of one or several sorted sets scored by time, page by page.
 *
 * @param cursor - `<score>~<id>` of the last member shown
 */
export async function listByScore(
  redis: Redis,
  keys: readonly string[],
  page: { readonly limit: number; readonly cursor?: string },
): Promise<Page<string>> {
  const after = page.cursor === undefined ? undefined : readCursor(page.cursor);
  const found = await Promise.all(keys.map((key) => newest(redis, key, page.limit + 1, after)));
  const merged = found.flat().sort(newestFirst);
  const items = merged.slice(0, page.limit);
  const last = items.at(-1);
  const next = merged.length > page.limit && last !== undefined ? { next_cursor: `${String(last.score)}~${last.id}` } : {};
  return { items: items.map((entry) => entry.id), ...next };
}

function newestFirst(a: Entry, b: Entry): number {
  return b.score - a.score || (a.id < b.id ? 1 : -1);
}

async function newest(redis: Redis, key: string, count: number, after: Entry | undefined): Promise<Entry[]> {
  const entries: Entry[] = [];
  for (let offset = 0; entries.length < count; offset += count) {
    const raw = await redis.zrevrangebyscore(key, after?.score ?? '+inf', '-inf', 'WITHSCORES', 'LIMIT', offset, count);
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
