import { acceptedTexts } from '@phi/core';
import * as z from 'zod';

const PAGE_AT_MOST = 500;
const PAGE_DEFAULT = 50;

export const cursorText = z
  .string()
  .regex(/^\d{1,16}(?:\.\d{1,6})?~[\w.:-]{1,256}$/, { error: 'is not a cursor' })
  .register(acceptedTexts, { accepted: 'the next_cursor of the page before' });

export const pageLimit = z.coerce
  .number<string>()
  .int()
  .min(1)
  .max(PAGE_AT_MOST)
  .default(PAGE_DEFAULT)
  .describe(`At most so many, 1 to ${String(PAGE_AT_MOST)}. Default: ${String(PAGE_DEFAULT)}.`);

/** Fields of a query that asks for the newest of something, page by page. */
export const pageFields = {
  limit: pageLimit,
  cursor: cursorText.optional().describe('The next_cursor of the page before.'),
};

export const nextCursor = z.string().optional().describe('Asks for what follows; absent on the last page.');

/** What the stores take: nothing where there is no cursor. */
export function pageOf(query: { limit: number; cursor?: string | undefined }): {
  limit: number;
  cursor?: string;
} {
  return query.cursor === undefined ? { limit: query.limit } : { limit: query.limit, cursor: query.cursor };
}

/** The cursor of a page, where there is one. */
export function cursorOf(page: { readonly next_cursor?: string }): { next_cursor?: string } {
  return page.next_cursor === undefined ? {} : { next_cursor: page.next_cursor };
}
