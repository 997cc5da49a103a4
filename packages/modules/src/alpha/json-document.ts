import { createReadStream, createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { PhiError } from '@phi/core';
import type { SourceFile } from './source-files.js';

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);
const CLOSING: Readonly<Record<string, string>> = { '[': ']', '{': '}' };

interface Edges {
  readonly hasMark: boolean;
  /** Characters that are no white space; '' if there is none. */
  readonly first: string;
  readonly last: string;
  /** How many there are, at most 3. */
  readonly count: number;
}

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;

const edgesOf = async (path: string, signal: AbortSignal): Promise<Edges> => {
  let hasMark = false;
  let isStart = true;
  let first = '';
  let last = '';
  let count = 0;
  for await (const read of createReadStream(path, { signal })) {
    let bytes = read as Buffer;
    if (isStart && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK)) {
      hasMark = true;
      bytes = bytes.subarray(3);
    }
    isStart = false;
    let end = bytes.length - 1;
    while (end >= 0 && isSpace(bytes[end])) end -= 1;
    if (end < 0) continue;
    last = String.fromCharCode(bytes[end] ?? 0);
    for (let at = 0; at <= end && count < 3; at += 1) {
      if (isSpace(bytes[at])) continue;
      if (count === 0) first = String.fromCharCode(bytes[at] ?? 0);
      count += 1;
    }
  }
  return { hasMark, first, last, count };
};

const failed = (file: SourceFile, reason: string): PhiError =>
  new PhiError('EXEC_001_INGESTION_FAILED', `${file.name} ${reason}`, { operation: 'alpha.open' });

/**
 * Looks at where a JSON document begins and ends: DuckDB takes an array that was cut off between two records for a whole one.
 *
 * @param target where the document goes without its byte order mark, if it has one
 * @returns the file to read; undefined if it holds no record
 * @throws PhiError EXEC_001_INGESTION_FAILED if it is no array and no object, or is cut off
 */
export const checkJsonDocument = async (
  file: SourceFile,
  target: string,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const { hasMark, first, last, count } = await edgesOf(file.path, signal);
  if (count === 0) return undefined;
  const closing = CLOSING[first];
  if (closing === undefined)
    throw failed(file, `begins with "${first}"; expected an array of objects, or objects`);
  if (last !== closing)
    throw failed(file, `begins with "${first}", but ends with "${last}": it seems to be cut off`);
  if (first === '[' && count === 2) return undefined;
  if (!hasMark) return file.path;
  await pipeline(createReadStream(file.path, { start: 3 }), createWriteStream(target), { signal });
  return target;
};
