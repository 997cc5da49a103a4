import type { ColumnRule, CsvOptions, SourceFormat } from '../contract/ingestion-job-request.js';
import { literal, literalList } from '../duckdb/quote.js';

const csvArguments = (options: CsvOptions, columns: readonly ColumnRule[] | undefined): string[] => [
  // A row that does not fit is set aside, with its line; see rejects.ts.
  'store_rejects = true',
  // With declared columns the check of each value is ours; else the whole file decides the types, not its beginning.
  columns === undefined ? 'sample_size = -1' : 'all_varchar = true',
  ...(options.delimiter === undefined ? [] : [`delim = ${literal(options.delimiter)}`]),
  ...(options.quote === undefined ? [] : [`quote = ${literal(options.quote)}`]),
  ...(options.escape === undefined ? [] : [`escape = ${literal(options.escape)}`]),
  ...(options.header === undefined ? [] : [`header = ${String(options.header)}`]),
  ...(options.skip_rows === undefined ? [] : [`skip = ${String(options.skip_rows)}`]),
  ...(options.null_values === undefined ? [] : [`nullstr = ${literalList(options.null_values)}`]),
];

const jsonArguments = (format: 'JSON' | 'NDJSON', columns: readonly ColumnRule[] | undefined): string[] => [
  `format = ${literal(format === 'NDJSON' ? 'newline_delimited' : 'auto')}`,
  columns === undefined
    ? 'sample_size = -1'
    : `columns = {${columns.map((column) => `${literal(column.name)}: 'VARCHAR'`).join(', ')}}`,
];

/** The SQL table function that reads a source as it is, declared columns as text where the format has no types. */
export const readerSql = (
  format: SourceFormat,
  files: readonly string[],
  options: CsvOptions,
  columns: readonly ColumnRule[] | undefined,
): string => {
  const list = literalList(files);
  if (format === 'PARQUET') return `read_parquet(${list})`;
  if (format === 'CSV') return `read_csv(${[list, ...csvArguments(options, columns)].join(', ')})`;
  return `read_json(${[list, ...jsonArguments(format, columns)].join(', ')})`;
};
