import { createReadStream } from 'node:fs';
import type { CsvOptions } from '../contract/ingestion-job-request.js';

const DELIMITERS = [',', ';', '\t', '|'] as const;
/** Enough for the first record of any file. */
const LOOKED_AT_BYTES = 2 ** 20;

/** The first record of a CSV file. */
export interface CsvHeader {
  readonly delimiter: string;
  readonly fields: readonly string[];
}

const beginningOf = async (path: string): Promise<Buffer> => {
  const pieces: Buffer[] = [];
  for await (const read of createReadStream(path, { end: LOOKED_AT_BYTES - 1 })) pieces.push(read as Buffer);
  return Buffer.concat(pieces);
};

/** Without a byte order mark. */
const decoded = (bytes: Buffer, encoding: CsvOptions['encoding'] = 'utf-8'): string =>
  encoding === 'latin-1'
    ? bytes.toString('latin1')
    : new TextDecoder(encoding === 'utf-16' ? 'utf-16le' : encoding).decode(bytes);

/** The first record's text: up to the first new line that is not within quotes. */
const firstRecord = (text: string, quote: string): string => {
  let isQuoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === quote) isQuoted = !isQuoted;
    else if (!isQuoted && (character === '\n' || character === '\r')) return text.slice(0, at);
  }
  return text;
};

const splitRecord = (record: string, delimiter: string, quote: string): string[] => {
  const fields = [''];
  let isQuoted = false;
  for (let at = 0; at < record.length; at += 1) {
    const character = record[at] ?? '';
    if (character === quote && isQuoted && record[at + 1] === quote) at += 1;
    else if (character === quote) {
      isQuoted = !isQuoted;
      continue;
    } else if (character === delimiter && !isQuoted) {
      fields.push('');
      continue;
    }
    fields[fields.length - 1] += character;
  }
  return fields;
};

/** Whichever splits the record into most; of two that do equally, the first. */
const likeliest = (record: string, quote: string): string => {
  const counts = DELIMITERS.map((delimiter) => splitRecord(record, delimiter, quote).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ',';
};

/** Names as columns need them: none empty, none twice. */
const distinct = (fields: readonly string[]): string[] => {
  const taken = new Set<string>();
  return fields.map((field, index) => {
    const name = field === '' ? `column${String(index)}` : field;
    let free = name;
    for (let number = 1; taken.has(free.toLowerCase()); number += 1) free = `${name}_${String(number)}`;
    taken.add(free.toLowerCase());
    return free;
  });
};

/**
 * Reads the first record, and nothing else: what a file's columns are called, and what stands between them, does not depend on a broken
 * row further down.
 */
export const readCsvHeader = async (path: string, options: CsvOptions): Promise<CsvHeader> => {
  const quote = options.quote ?? '"';
  let text = decoded(await beginningOf(path), options.encoding);
  for (let skipped = 0; skipped < (options.skip_rows ?? 0); skipped += 1)
    text = text.replace(/^[^\r\n]*(\r\n|\n|\r|$)/, '');
  const record = firstRecord(text, quote);
  const delimiter = options.delimiter ?? likeliest(record, quote);
  return { delimiter, fields: distinct(splitRecord(record, delimiter, quote)) };
};
