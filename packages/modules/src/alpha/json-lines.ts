import { isUtf8 } from 'node:buffer';
import { createReadStream, createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import type { SourceFile } from './source-files.js';

/** DuckDB reads no larger object. */
const MAX_LINE_BYTES = 2 ** 24;
/** Of a broken line this much is kept. */
const MAX_KEPT_BYTES = 2 ** 16;
const NEW_LINE = 0x0a;
const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

interface Line {
  /** From 1. */
  readonly number: number;
  /** At most MAX_LINE_BYTES + 1, without the new line. */
  readonly bytes: Buffer;
}

const withoutMark = (bytes: Buffer): Buffer =>
  bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes;

async function* linesOf(path: string, signal: AbortSignal): AsyncGenerator<Line> {
  let pieces: Buffer[] = [];
  let length = 0;
  let number = 0;
  const keep = (piece: Buffer): void => {
    const room = MAX_LINE_BYTES + 1 - length;
    if (room > 0) pieces.push(piece.subarray(0, room));
    length += Math.min(piece.length, Math.max(room, 0));
  };
  const take = (): Line => {
    number += 1;
    const bytes = Buffer.concat(pieces);
    pieces = [];
    length = 0;
    return { number, bytes: number === 1 ? withoutMark(bytes) : bytes };
  };
  for await (const read of createReadStream(path, { signal })) {
    let rest = read as Buffer;
    for (let end = rest.indexOf(NEW_LINE); end !== -1; end = rest.indexOf(NEW_LINE)) {
      keep(rest.subarray(0, end));
      rest = rest.subarray(end + 1);
      yield take();
    }
    keep(rest);
  }
  if (length > 0) yield take();
}

/** An escape that stands for half a character: JSON allows it, text in UTF-8 cannot hold it. */
const LONE_SURROGATE = /(?<!\\)(?:\\\\)*\\ud[89a-f]/;

const reasonOf = (bytes: Buffer): string | undefined => {
  if (bytes.length > MAX_LINE_BYTES) return `is longer than ${String(MAX_LINE_BYTES)} bytes`;
  if (!isUtf8(bytes)) return 'is not UTF-8';
  const text = bytes.toString();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is not JSON';
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'is not a JSON object';
  const isHalf = /\\ud[89a-f]/i.test(text) && LONE_SURROGATE.test(JSON.stringify(value));
  return isHalf ? 'has half a surrogate pair' : undefined;
};

const isBlank = (bytes: Buffer): boolean => bytes.length < 256 && bytes.toString().trim() === '';

const write = async (stream: WriteStream, bytes: string | Buffer): Promise<void> => {
  if (!stream.write(bytes)) await once(stream, 'drain');
};

const closed = async (stream: WriteStream): Promise<void> => {
  stream.end();
  await finished(stream);
};

/** What came of looking at the lines. */
export interface CheckedLines {
  /** With nothing but lines that hold an object; the file itself if it has no others. Undefined if it has none of them. */
  readonly path: string | undefined;
  readonly broken: number;
}

const withoutLines = async (
  path: string,
  left_out: ReadonlySet<number>,
  target: string,
  signal: AbortSignal,
): Promise<void> => {
  const stream = createWriteStream(target);
  for await (const { number, bytes } of linesOf(path, signal)) {
    if (left_out.has(number)) continue;
    await write(stream, bytes);
    await write(stream, '\n');
  }
  await closed(stream);
};

const startsWithMark = async (path: string): Promise<boolean> => {
  for await (const read of createReadStream(path, { end: 2 }))
    return (read as Buffer).equals(BYTE_ORDER_MARK);
  return false;
};

/**
 * Looks at every line of a file of JSON lines and sets aside those that are no JSON object, as lines of JSON
 * `{file, line, reason, record}`. Blank lines are nothing.
 *
 * @param rejects is appended to
 * @param target where the good lines go, if not all are
 */
export const checkJsonLines = async (
  file: SourceFile,
  rejects: string,
  target: string,
  signal: AbortSignal,
): Promise<CheckedLines> => {
  const broken = new Set<number>();
  let good = 0;
  const stream = createWriteStream(rejects, { flags: 'a' });
  for await (const { number, bytes } of linesOf(file.path, signal)) {
    if (isBlank(bytes)) continue;
    const reason = reasonOf(bytes);
    if (reason === undefined) {
      good += 1;
      continue;
    }
    broken.add(number);
    const record = bytes.subarray(0, MAX_KEPT_BYTES).toString();
    await write(stream, `${JSON.stringify({ file: file.path, line: number, reason, record })}\n`);
  }
  await closed(stream);
  if (good === 0) return { path: undefined, broken: broken.size };
  if (broken.size === 0 && !(await startsWithMark(file.path))) return { path: file.path, broken: 0 };
  await withoutLines(file.path, broken, target, signal);
  return { path: target, broken: broken.size };
};
