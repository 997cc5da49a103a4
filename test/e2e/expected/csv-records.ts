import { createReadStream } from 'node:fs';
import { parse } from 'csv-parse';

/** The records of a CSV file with a header, one at a time. */
export async function* csvRecords(path: string): AsyncGenerator<Record<string, string>> {
  const parser = createReadStream(path).pipe(parse({ columns: true }));
  for await (const record of parser) yield record as Record<string, string>;
}

/** @throws if the record has no such field: a number missing must not pass for one that agrees */
export const field = (record: Readonly<Record<string, string>>, name: string): string => {
  const value = record[name];
  if (value === undefined) throw new Error(`no field ${name} in ${JSON.stringify(record)}`);
  return value;
};
