import { access } from 'node:fs/promises';
import { extname } from 'node:path';
import type { IngestionParameters, SourceFormat } from '../contract/ingestion-job-request.js';
import { PhiError } from '@phi/core';

import { literal } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import { containedPath } from '../files/contained-path.js';

type Source = IngestionParameters['source'];

const FORMAT_BY_EXTENSION: Readonly<Record<string, SourceFormat>> = {
  '.csv': 'CSV',
  '.json': 'JSON',
  '.ndjson': 'NDJSON',
  '.jsonl': 'NDJSON',
  '.parquet': 'PARQUET',
};

const notFound = (field: string, path: string, root: string): PhiError =>
  new PhiError('EXEC_001_INGESTION_FAILED', `${field}: no file matches "${path}" in ${root}`, {
    operation: 'alpha.find',
    data: { field, path, root },
  });

const matching = async (session: DuckSession, pattern: string): Promise<string[]> => {
  const found = await session.rows(`SELECT file FROM glob(${literal(pattern)}) ORDER BY file`);
  return found.map((row) => String(row['file']));
};

const isReadable = async (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

const filesOf = async (
  session: DuckSession,
  root: string,
  path: string,
  field: string,
): Promise<string[]> => {
  const absolute = await containedPath(root, path, field);
  // A name that holds a glob's characters and exists is meant as it is.
  if (await isReadable(absolute)) return [absolute];
  const found = /[*?[]/.test(path) ? await matching(session, absolute) : [];
  if (found.length === 0) throw notFound(field, path, root);
  return Promise.all(found.map(async (file) => containedPath(root, file, field)));
};

/**
 * The absolute paths of all files of a source, without repetition.
 *
 * @param session not sealed yet
 * @throws PhiError EXEC_005_INVALID_CONFIG for a path outside `root`, EXEC_001_INGESTION_FAILED if a path matches
 *   nothing
 */
export const findSourceFiles = async (
  session: DuckSession,
  root: string,
  source: Source,
): Promise<string[]> => {
  const named =
    source.paths === undefined
      ? [{ path: source.path ?? '', field: 'parameters.ALPHA.source.path' }]
      : source.paths.map((path, index) => ({
          path,
          field: `parameters.ALPHA.source.paths.${String(index)}`,
        }));
  const lists: string[][] = [];
  for (const { path, field } of named) lists.push(await filesOf(session, root, path, field));
  return [...new Set(lists.flat())];
};

/** @throws PhiError EXEC_005_INVALID_CONFIG if it is neither given nor told by the first file's extension */
export const sourceFormat = (source: Source, files: readonly string[]): SourceFormat => {
  const extension = extname(files[0] ?? '').toLowerCase();
  const format = source.format ?? FORMAT_BY_EXTENSION[extension];
  if (format === undefined) {
    throw new PhiError(
      'EXEC_005_INVALID_CONFIG',
      `parameters.ALPHA.source.format: left out, and the extension "${extension}" does not tell it; accepted: CSV, JSON, NDJSON, PARQUET`,
      { operation: 'alpha.find' },
    );
  }
  return format;
};
