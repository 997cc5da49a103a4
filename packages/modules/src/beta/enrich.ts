import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { finished } from 'node:stream/promises';
import { PhiError } from '@phi/core';
import type { ModuleContext } from '../contract/module-context.js';
import type {
  AddedColumn,
  Enrichment,
  TransformationParameters,
} from '../contract/transformation-job-request.js';
import { identifier, literal } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import { SQL_TYPE } from '../duckdb/sql-type.js';
import { KEYS_AT_ONCE } from '../epsilon/cache-store.js';
import type { LookupCache } from '../epsilon/lookup-cache.js';
import { planCache } from '../epsilon/open-cache.js';
import type { PlannedCache, StageCaches } from '../epsilon/open-cache.js';

type Context = ModuleContext<TransformationParameters>;

/** One enrichment, with what it needs of the machine. */
export interface PlannedEnrichment {
  readonly enrichment: Enrichment;
  readonly view: string;
  readonly cache: PlannedCache;
  /** Where the distinct keys of the view, and what was found for them, are written. */
  readonly keysFile: string;
  readonly foundFile: string;
}

const invalid = (field: string, message: string): PhiError =>
  new PhiError('EXEC_005_INVALID_CONFIG', `${field}: ${message}`, { operation: 'beta.enrich' });

const viewOf = (enrichment: Enrichment, views: readonly string[], field: string): string => {
  const [only] = views;
  const view = enrichment.input ?? (views.length === 1 ? only : undefined);
  if (view !== undefined && views.includes(view)) return view;
  throw invalid(
    `${field}.input`,
    view === undefined
      ? `left out, but there are several inputs: ${views.join(', ')}`
      : `there is no input "${view}"; there is: ${views.join(', ')}`,
  );
};

/** @param views names of the inputs */
export const planEnrichments = async (
  context: Context,
  views: readonly string[],
): Promise<PlannedEnrichment[]> => {
  const planned: PlannedEnrichment[] = [];
  const { enrichment: enrichments = [] } = context.parameters;
  if (enrichments.length === 0) return planned;
  const directory = await mkdtemp(join(context.workdir, 'enrichment-'));
  for (const [index, enrichment] of enrichments.entries()) {
    const field = `parameters.BETA.enrichment.${String(index)}`;
    planned.push({
      enrichment,
      view: viewOf(enrichment, views, field),
      cache: await planCache(enrichment.cache, context, `${field}.cache`),
      keysFile: join(directory, `keys-${String(index)}.ndjson`),
      foundFile: join(directory, `found-${String(index)}.ndjson`),
    });
  }
  return planned;
};

/** What the session has to be able to read and write for them. */
export const filesOf = (planned: readonly PlannedEnrichment[]): string[] =>
  planned.flatMap(({ cache, keysFile, foundFile }) => [
    keysFile,
    foundFile,
    ...(cache.batch === undefined ? [] : [cache.batch, cache.scratch]),
  ]);

const lookUp = async (
  { keysFile, foundFile }: PlannedEnrichment,
  cache: LookupCache,
  fields: readonly string[],
): Promise<void> => {
  const target = createWriteStream(foundFile);
  const writeFound = async (keys: readonly string[]): Promise<void> => {
    for (const [key, record] of await cache.getMany(keys)) {
      if (record === null) continue;
      const values = Object.fromEntries(fields.map((field) => [field, record[field] ?? null]));
      if (!target.write(`${JSON.stringify({ key, values })}\n`)) await once(target, 'drain');
    }
  };
  let some: string[] = [];
  for await (const line of createInterface({ input: createReadStream(keysFile) })) {
    some.push((JSON.parse(line) as { key: string }).key);
    if (some.length < KEYS_AT_ONCE) continue;
    await writeFound(some);
    some = [];
  }
  await writeFound(some);
  target.end();
  await finished(target);
};

/** A record's value as text: DuckDB gives what is no text as JSON. */
const columnSql = ({ field, as, type }: AddedColumn): string => {
  const text = `json_extract_string(found.values, ${literal(`$."${field.replaceAll('"', '\\"')}"`)})`;
  return `CAST(${text} AS ${SQL_TYPE[type]}) AS ${identifier(as ?? field)}`;
};

interface Enriched {
  /** SELECT of the rows that were left out, as they were. */
  readonly rejected: string | undefined;
}

const joinFound = async (
  session: DuckSession,
  { enrichment, view, foundFile }: PlannedEnrichment,
  index: number,
): Promise<Enriched> => {
  const before = identifier(`${view} before ${String(index)}`);
  const name = identifier(view);
  const key = `CAST(given.${identifier(enrichment.key)} AS VARCHAR)`;
  const found = `read_json(${literal(foundFile)}, format = 'newline_delimited', columns = {key: 'VARCHAR', values: 'JSON'})`;
  const from = `${before} AS given LEFT JOIN ${found} AS found ON found.key = ${key}`;
  const kept = enrichment.on_missing === 'REJECT' ? 'WHERE found.key IS NOT NULL' : '';
  await session.rows(`ALTER VIEW ${name} RENAME TO ${before}`);
  await session.rows(
    `CREATE VIEW ${name} AS SELECT given.*, ${enrichment.columns.map(columnSql).join(', ')} FROM ${from} ${kept}`,
  );
  if (kept === '') return { rejected: undefined };
  return {
    rejected: `SELECT ${literal(enrichment.key)} AS "column",
      ${literal(`is not in the cache ${enrichment.cache.name}`)} AS reason, to_json(given) AS record
      FROM ${from} WHERE found.key IS NULL`,
  };
};

const refuseMissing = async (
  session: DuckSession,
  { enrichment, view, foundFile }: PlannedEnrichment,
): Promise<void> => {
  if (enrichment.on_missing !== 'FAIL') return;
  const key = `CAST(${identifier(enrichment.key)} AS VARCHAR)`;
  const known = `SELECT key FROM read_json(${literal(foundFile)}, format = 'newline_delimited', columns = {key: 'VARCHAR', values: 'JSON'})`;
  const missing = await session.rows(
    `SELECT DISTINCT ${key} AS key FROM ${identifier(view)} WHERE ${key} IS NULL OR ${key} NOT IN (${known}) ORDER BY 1 LIMIT 6`,
  );
  if (missing.length === 0) return;
  const shown = missing.slice(0, 5).map((row) => String(row['key']));
  throw new PhiError(
    'EXEC_003_TRANSFORM_FAILED',
    `the cache ${enrichment.cache.name} has no record for ${shown.join(', ')}${missing.length > 5 ? ' and others' : ''} ` +
      `in column ${enrichment.key} (on_missing: FAIL)`,
    { operation: 'beta.enrich' },
  );
};

/**
 * Gives the views the columns that caches have for them; what a cache does not have is loaded into it first.
 *
 * @returns SELECTs of `{column, reason, record}`: rows that were left out because there is no record for them
 * @throws PhiError EXEC_003_TRANSFORM_FAILED where one is missing and must not be; what caches and loaders throw
 */
export const enrich = async (
  session: DuckSession,
  planned: readonly PlannedEnrichment[],
  caches: StageCaches,
): Promise<string[]> => {
  const rejected: string[] = [];
  for (const [index, one] of planned.entries()) {
    const { enrichment, view, keysFile } = one;
    const cache = caches.open(one.cache, session);
    if (enrichment.warm) await cache.warm(one.cache.batch === undefined ? [] : undefined);
    const key = identifier(enrichment.key);
    await session.rows(
      `COPY (SELECT DISTINCT CAST(${key} AS VARCHAR) AS key FROM ${identifier(view)} WHERE ${key} IS NOT NULL)
       TO ${literal(keysFile)} (FORMAT json)`,
    );
    await lookUp(
      one,
      cache,
      enrichment.columns.map(({ field }) => field),
    );
    await refuseMissing(session, one);
    const enriched = await joinFound(session, one, index);
    if (enriched.rejected !== undefined) rejected.push(enriched.rejected);
  }
  return rejected;
};
