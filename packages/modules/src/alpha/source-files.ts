import { access } from 'node:fs/promises';
import { extname, relative } from 'node:path';
import type { IngestionParameters, SourceFormat } from '../contract/ingestion-job-request.js';
import { PhiError } from '@phi/core';

import { literal } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import { containedPath } from '../files/contained-path.js';

type Source = IngestionParameters['source'];

/** A file to read, and what its author calls it. */
export interface SourceFile {
  readonly path: string;
  /** Path below the source directory, or URL. */
  readonly name: string;
}

const FORMAT_BY_EXTENSION: Readonly<Record<string, SourceFormat>> = {
  '.csv': 'CSV',
  '.json': 'JSON',
  '.ndjson': 'NDJSON',
  '.jsonl': 'NDJSON',
  '.parquet': 'PARQUET',
};

const notFound = (field: string, path: string, root: string, isGlob: boolean): PhiError =>
  new PhiError(
    'EXEC_001_INGESTION_FAILED',
    `${field}: ${isGlob ? 'no file matches' : 'there is no file'} "${path}" in ${root}`,
    {
      operation: 'alpha.find',
      data: { field, path, root },
    },
  );

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
  const isGlob = /[*?[]/.test(path);
  const found = isGlob ? await matching(session, absolute) : [];
  if (found.length === 0) throw notFound(field, path, root, isGlob);
  return Promise.all(found.map(async (file) => containedPath(root, file, field)));
};

/**
 * All files of a source that are named by path, in the order of the paths, those of a glob in the order of their names, none twice.
 *
 * @param session not sealed yet
 * @throws PhiError EXEC_005_INVALID_CONFIG for a path outside `root`, EXEC_001_INGESTION_FAILED if a path matches
 *   nothing
 */
export const findSourceFiles = async (
  session: DuckSession,
  root: string,
  source: Source,
): Promise<SourceFile[]> => {
  const named =
    source.paths === undefined
      ? [{ path: source.path ?? '', field: 'parameters.ALPHA.source.path' }]
      : source.paths.map((path, index) => ({
          path,
          field: `parameters.ALPHA.source.paths.${String(index)}`,
        }));
  const lists: string[][] = [];
  for (const { path, field } of named) lists.push(await filesOf(session, root, path, field));
  return [...new Set(lists.flat())].map((path) => ({ path, name: relative(root, path) }));
};

const invalid = (message: string): PhiError =>
  new PhiError('EXEC_005_INVALID_CONFIG', `parameters.ALPHA.source${message}`, { operation: 'alpha.find' });

const ACCEPTED = 'accepted: CSV, JSON, NDJSON, PARQUET';

/** @throws PhiError EXEC_005_INVALID_CONFIG if it is neither given nor told by the files' extensions */
export const sourceFormat = (source: Source, files: readonly SourceFile[]): SourceFormat => {
  const zstd = files.find(({ name }) => /\.zst$/i.test(name));
  if (zstd !== undefined)
    throw invalid(`: ${zstd.name} is packed with Zstandard; accepted: unpacked files, or .gz`);
  if (source.format !== undefined) return source.format;
  const extensions = files.map(({ name }) => extname(name.replace(/\.gz$/i, '')).toLowerCase());
  const formats = extensions.map((extension) => FORMAT_BY_EXTENSION[extension]);
  const unknown = formats.indexOf(undefined);
  if (unknown !== -1)
    throw invalid(
      `.format: left out, and the extension "${extensions[unknown] ?? ''}" does not tell it; ${ACCEPTED}`,
    );
  const [format, ...others] = [...new Set(formats)];
  if (format === undefined || others.length > 0)
    throw invalid(
      `: the files are of several formats (${formats.join(', ')}); ingest each in a job or stage of its own`,
    );
  return format;
};
