import { rm } from 'node:fs/promises';
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { identifier, literal, literalList } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import type { CachedRecord } from './cache-entry.js';
import { KEYS_AT_ONCE } from './cache-store.js';
import type { RecordLoader } from './lookup-cache.js';

export interface BatchLoaderOptions {
  /** The batch's file, which the session may read. */
  readonly path: string;
  readonly key: string;
  /** Where all its records may be written for a while; the session may write there. */
  readonly scratch: string;
}

interface Row {
  readonly key: string;
  readonly record: CachedRecord;
}

/** A query of the batch that takes long is interrupted with its stage; nothing else bounds it. */
const WITHIN_MS = 60_000;

/** Takes records from a batch, by the text of one of its columns. Of several rows with the same key one counts. */
export const batchLoader = (
  session: DuckSession,
  { path, key, scratch }: BatchLoaderOptions,
): RecordLoader => {
  const rows = `SELECT CAST(${identifier(key)} AS VARCHAR) AS key, to_json(batch) AS record
    FROM read_parquet(${literal(path)}) AS batch`;
  return {
    withinMs: WITHIN_MS,
    keysAtOnce: KEYS_AT_ONCE,
    async load(keys) {
      const found = await session.rows(
        `SELECT * FROM (${rows}) WHERE key IN (SELECT unnest(${literalList(keys)}))`,
      );
      return new Map(
        found.map((row) => [String(row['key']), JSON.parse(String(row['record'])) as CachedRecord]),
      );
    },
    async *all() {
      await session.rows(
        `COPY (SELECT * FROM (${rows}) WHERE key IS NOT NULL) TO ${literal(scratch)} (FORMAT json)`,
      );
      let some = new Map<string, CachedRecord>();
      for await (const line of createInterface({ input: createReadStream(scratch) })) {
        const row = JSON.parse(line) as Row;
        some.set(row.key, row.record);
        if (some.size < KEYS_AT_ONCE) continue;
        yield some;
        some = new Map();
      }
      if (some.size > 0) yield some;
      await rm(scratch, { force: true });
    },
  };
};
