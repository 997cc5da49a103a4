import * as z from 'zod';

import type { ApiClient, Query } from './api-client.js';

/** One page of a list. */
export function pageSchema<Item extends z.ZodType>(item: Item) {
  return z.looseObject({ items: z.array(item), next_cursor: z.string().nullish() });
}

/** What was found of a list, and whether there is more of it. */
export interface Found<Item> {
  readonly items: readonly Item[];
  readonly more: boolean;
}

const PAGE = 100;
/** The most that is looked through for what a filter keeps. */
const MAX_LOOKED_AT = 5000;

/** Reads a list page by page until `limit` of its items were kept. */
export async function readList<Item extends z.ZodType>(
  api: ApiClient,
  list: {
    readonly path: string;
    readonly item: Item;
    readonly query?: Query;
    readonly keep?: (item: z.infer<Item>) => boolean;
  },
  limit: number,
): Promise<Found<z.infer<Item>>> {
  const { path, item, query, keep = () => true } = list;
  const items: z.infer<Item>[] = [];
  let cursor: string | undefined;
  for (let lookedAt = 0; lookedAt < MAX_LOOKED_AT; lookedAt += PAGE) {
    const page = await api.get(path, pageSchema(item), { ...query, limit: Math.min(PAGE, limit), cursor });
    items.push(...page.items.filter(keep));
    cursor = page.next_cursor ?? undefined;
    if (cursor === undefined || items.length >= limit) break;
  }
  return { items: items.slice(0, limit), more: cursor !== undefined || items.length > limit };
}
