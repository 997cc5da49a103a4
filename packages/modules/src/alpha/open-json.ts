import type { ColumnRule } from '../contract/ingestion-job-request.js';
import { literal, literalList } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import type { OpenedSource } from './opened-source.js';

const reader = (files: readonly string[], format: 'JSON' | 'NDJSON', rest: string): string =>
  `read_json(${literalList(files)}, format = ${literal(format === 'NDJSON' ? 'newline_delimited' : 'auto')}, ` +
  `records = true, ${rest})`;

/** The types of all columns, by what the whole source holds. */
const detected = async (
  session: DuckSession,
  files: readonly string[],
  format: 'JSON' | 'NDJSON',
): Promise<ReadonlyMap<string, string>> =>
  session.columnTypes(
    reader(files, format, 'sample_size = -1, maximum_sample_files = 2147483647, union_by_name = true'),
  );

const columnList = (types: ReadonlyMap<string, string>): string =>
  `columns = {${[...types].map(([name, type]) => `${literal(name)}: ${literal(type)}`).join(', ')}}`;

/**
 * @param files none of them without a record
 * @param declared the author's columns: they are read as text
 * @param withOthers whether other columns are looked for too
 */
export const openJson = async (
  session: DuckSession,
  files: readonly string[],
  format: 'JSON' | 'NDJSON',
  declared: readonly ColumnRule[] | undefined,
  withOthers: boolean,
): Promise<Omit<OpenedSource, 'broken'>> => {
  const others =
    declared === undefined || withOthers ? await detected(session, files, format) : new Map<string, string>();
  const types = new Map([...others, ...(declared ?? []).map((column) => [column.name, 'VARCHAR'] as const)]);
  return { format, relation: reader(files, format, columnList(types)), types };
};
