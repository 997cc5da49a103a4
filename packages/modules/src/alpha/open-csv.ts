import type { ColumnRule, CsvOptions } from '../contract/ingestion-job-request.js';
import { identifier, literal, literalList } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import { readCsvHeader } from './csv-header.js';
import { withInferredTypes } from './infer-types.js';
import type { OpenedSource } from './opened-source.js';

/** A line can break more than one rule, and the file is read more than once: count it once. Of a long one the beginning is kept. */
const BROKEN_LINES = `
  SELECT DISTINCT ON (scans.file_path, errors.line)
    scans.file_path AS file, errors.line AS line, errors.column_name AS "column", left(errors.error_message, 500) AS reason,
    left(errors.csv_line, 65536) AS record
  FROM reject_errors AS errors JOIN reject_scans AS scans USING (scan_id, file_id)`;

/** How one file is to be read, all but its name. */
interface Dialect {
  readonly arguments: string;
  readonly names: readonly string[];
}

const dialectOf = async (
  file: string,
  options: CsvOptions,
  declared: readonly ColumnRule[] | undefined,
): Promise<Dialect> => {
  const { delimiter, fields } = await readCsvHeader(file, options);
  const { header = true, quote = '"', escape = quote, skip_rows = 0, null_values, encoding } = options;
  // Without a header the declared columns are those of the file, in their order.
  const names = header
    ? fields
    : fields.map((_, index) => declared?.[index]?.name ?? `column${String(index)}`);
  const told = [
    `delim = ${literal(delimiter)}, quote = ${literal(quote)}, escape = ${literal(escape)}`,
    `header = ${String(header)}, skip = ${String(skip_rows)}`,
    ...(null_values === undefined ? [] : [`nullstr = ${literalList(null_values)}`]),
    ...(encoding === undefined ? [] : [`encoding = ${literal(encoding)}`]),
    `columns = {${names.map((name) => `${literal(name)}: 'VARCHAR'`).join(', ')}}`,
    // A row that does not fit is set aside, with its line.
    'auto_detect = false, store_rejects = true',
  ];
  return { arguments: told.join(', '), names };
};

/** Neighbours that are read alike are read together: a file with its columns in another order must not be taken by position. */
const grouped = (files: readonly string[], dialects: readonly Dialect[]): [string[], Dialect][] => {
  const groups: [string[], Dialect][] = [];
  for (const [index, dialect] of dialects.entries()) {
    const last = groups.at(-1);
    const file = files[index] ?? '';
    if (last?.[1].arguments === dialect.arguments) last[0].push(file);
    else groups.push([[file], dialect]);
  }
  return groups;
};

/**
 * @param files none of them empty
 * @param declared the author's columns: then every column is read as text
 */
export const openCsv = async (
  session: DuckSession,
  files: readonly string[],
  options: CsvOptions,
  declared: readonly ColumnRule[] | undefined,
): Promise<OpenedSource> => {
  const dialects: Dialect[] = [];
  for (const file of files) dialects.push(await dialectOf(file, options, declared));
  const parts = grouped(files, dialects).map(
    ([names, dialect]) => `SELECT * FROM read_csv(${literalList(names)}, ${dialect.arguments})`,
  );
  const text = `(${parts.join(' UNION ALL BY NAME ')})`;
  const names = [...new Set(dialects.flatMap((dialect) => dialect.names))];
  const relation = declared === undefined ? await withInferredTypes(session, text, names) : text;
  return { format: 'CSV', relation, types: await session.columnTypes(relation), broken: BROKEN_LINES };
};

/** A source without a file that holds anything, as the author's columns describe it. */
export const emptyRelation = (declared: readonly ColumnRule[]): string =>
  `(SELECT ${declared.map(({ name }) => `NULL::VARCHAR AS ${identifier(name)}`).join(', ')} WHERE false)`;
