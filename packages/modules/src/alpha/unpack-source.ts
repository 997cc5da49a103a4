import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { PhiError } from '@phi/core';
import { boundedBytes } from '../files/bounded-bytes.js';
import type { SourceFile } from './source-files.js';

export interface UnpackOptions {
  readonly maxBytes: number;
  /** Where the unpacked files go. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

const unpack = async (file: SourceFile, index: number, options: UnpackOptions): Promise<SourceFile> => {
  await mkdir(options.directory, { recursive: true });
  const path = join(options.directory, `${String(index)}-${basename(file.path).replace(/\.gz$/i, '')}`);
  const bounded = boundedBytes(
    options.maxBytes,
    () =>
      new PhiError(
        'EXEC_001_INGESTION_FAILED',
        `${file.name} unpacks to more than source.max_bytes (${String(options.maxBytes)})`,
        { operation: 'alpha.unpack' },
      ),
  );
  try {
    await pipeline(createReadStream(file.path), createGunzip(), bounded.stream, createWriteStream(path), {
      signal: options.signal,
    });
  } catch (error) {
    if (error instanceof PhiError || options.signal.aborted) throw error;
    throw new PhiError('EXEC_001_INGESTION_FAILED', `${file.name} cannot be unpacked: ${String(error)}`, {
      operation: 'alpha.unpack',
      cause: error,
    });
  }
  return { path, name: file.name };
};

/**
 * Unpacks what is packed. DuckDB reads packed files too, but takes one that was cut off for its end; here the size and checksum at the
 * end of the file are checked.
 *
 * @throws PhiError EXEC_001_INGESTION_FAILED for a file that is damaged, cut off, or larger than it may be
 */
export const unpackSources = async (
  files: readonly SourceFile[],
  options: UnpackOptions,
): Promise<SourceFile[]> => {
  const unpacked: SourceFile[] = [];
  for (const [index, file] of files.entries())
    unpacked.push(/\.gz$/i.test(file.path) ? await unpack(file, index, options) : file);
  return unpacked;
};
