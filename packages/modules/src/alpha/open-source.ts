import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PhiError } from '@phi/core';
import type { IngestionParameters, SourceFormat } from '../contract/ingestion-job-request.js';
import { literal, literalList } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import { checkJsonDocument } from './json-document.js';
import { checkJsonLines } from './json-lines.js';
import { emptyRelation, openCsv } from './open-csv.js';
import { openJson } from './open-json.js';
import type { OpenedSource } from './opened-source.js';
import type { SourceFile } from './source-files.js';

/** Files that were looked at before the session is sealed. */
export interface ReadySource {
  readonly format: SourceFormat;
  /** Of those that hold anything, what is to be read in their place. */
  readonly files: readonly SourceFile[];
  /** Lines that were set aside, with their reasons, as JSON; undefined where the reader does that. */
  readonly rejects: string | undefined;
}

const hasContent = async ({ path }: SourceFile): Promise<boolean> => (await stat(path)).size > 0;

/**
 * Looks at the files themselves for what DuckDB would read wrongly without a word.
 *
 * @param directory of this attempt, for what has to be written anew
 */
export const readySource = async (
  files: readonly SourceFile[],
  format: SourceFormat,
  directory: string,
  signal: AbortSignal,
): Promise<ReadySource> => {
  const ready: SourceFile[] = [];
  const rejects = format === 'NDJSON' ? join(directory, 'rejected-lines.ndjson') : undefined;
  await mkdir(directory, { recursive: true });
  if (rejects !== undefined) await writeFile(rejects, '');
  for (const [index, file] of files.entries()) {
    if (!(await hasContent(file))) continue;
    const target = join(directory, `${String(index)}-rewritten.json`);
    let path: string | undefined = file.path;
    if (rejects !== undefined) ({ path } = await checkJsonLines(file, rejects, target, signal));
    else if (format === 'JSON') path = await checkJsonDocument(file, target, signal);
    if (path !== undefined) ready.push({ path, name: file.name });
  }
  return { format, files: ready, rejects };
};

const REJECTED_LINES = `columns = {file: 'VARCHAR', line: 'BIGINT', reason: 'VARCHAR', record: 'VARCHAR'}`;

/**
 * @throws PhiError EXEC_001_INGESTION_FAILED if nothing is in it and no columns are declared; DuckDB's errors for what it cannot read
 */
export const openSource = async (
  session: DuckSession,
  { format, files, rejects }: ReadySource,
  { source, batch }: IngestionParameters,
): Promise<OpenedSource> => {
  const broken =
    rejects === undefined
      ? undefined
      : `SELECT * FROM read_json(${literal(rejects)}, format = 'newline_delimited', ${REJECTED_LINES})`;
  const paths = files.map(({ path }) => path);
  if (paths.length === 0) {
    if (batch.columns === undefined) {
      throw new PhiError(
        'EXEC_001_INGESTION_FAILED',
        'the source holds no record; declare batch.columns to have it taken as a batch without records',
        { operation: 'alpha.open' },
      );
    }
    const relation = emptyRelation(batch.columns);
    return { format, relation, types: await session.columnTypes(relation), broken };
  }
  if (format === 'CSV') return openCsv(session, paths, source.options ?? {}, batch.columns);
  if (format === 'PARQUET') {
    const relation = `read_parquet(${literalList(paths)})`;
    return { format, relation, types: await session.columnTypes(relation), broken };
  }
  const withOthers = batch.unknown_columns !== 'DROP';
  return { ...(await openJson(session, paths, format, batch.columns, withOthers)), broken };
};
