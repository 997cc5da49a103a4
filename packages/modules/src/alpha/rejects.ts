import type { ColumnRule, SourceFormat } from '../contract/ingestion-job-request.js';
import type { ValidationResult } from '../contract/stage-result.js';
import { identifier, literal } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import type { ColumnSql } from './column-sql.js';

/** A line can break more than one rule, and the file is read more than once: count it once. */
const BROKEN_LINES = `
  SELECT DISTINCT ON (scans.file_path, errors.line)
    scans.file_path AS file, errors.line AS line, errors.column_name AS "column", errors.error_message AS reason,
    errors.csv_line AS record
  FROM reject_errors AS errors JOIN reject_scans AS scans USING (scan_id, file_id)`;

const failedRecords = (reader: string, sql: ColumnSql, columns: readonly ColumnRule[]): string => {
  const record = columns.map((column) => `${literal(column.name)}: ${identifier(column.name)}`).join(', ');
  return `SELECT failure.column AS "column", failure.reason AS reason, {${record}} AS record
    FROM (SELECT *, ${sql.failure} AS failure FROM ${reader}) WHERE failure IS NOT NULL`;
};

const columnResults = async (
  session: DuckSession,
  reader: string,
  sql: ColumnSql,
  columns: readonly ColumnRule[],
): Promise<ValidationResult[]> => {
  const failed = await session.rows(
    `SELECT failure.column AS name, any_value(failure.reason) AS reason, count(*) AS records
     FROM (SELECT ${sql.failure} AS failure FROM ${reader}) WHERE failure IS NOT NULL GROUP BY 1`,
  );
  return columns.map(({ name }) => {
    const row = failed.find((one) => one['name'] === name);
    if (row === undefined) return { check: `column ${name}`, status: 'PASSED', records_failed: 0 };
    return {
      check: `column ${name}`,
      status: 'FAILED',
      records_failed: Number(row['records']),
      message: `e.g. ${String(row['reason'])}`,
    };
  });
};

const lineResult = async (session: DuckSession): Promise<ValidationResult> => {
  const broken = await session.count(`SELECT count(*) FROM (${BROKEN_LINES})`);
  return { check: 'well-formed rows', status: broken === 0 ? 'PASSED' : 'FAILED', records_failed: broken };
};

/** What was read, and by which rules. */
export interface CheckedSource {
  readonly format: SourceFormat;
  readonly reader: string;
  /** With the declared columns, if there are any. */
  readonly declared: { readonly columns: readonly ColumnRule[]; readonly sql: ColumnSql } | undefined;
}

/** One result a check, over all records of a source that has been read. */
export const validateSource = async (
  session: DuckSession,
  source: CheckedSource,
): Promise<ValidationResult[]> => {
  const { declared, reader } = source;
  const columns =
    declared === undefined ? [] : await columnResults(session, reader, declared.sql, declared.columns);
  return source.format === 'CSV' ? [...columns, await lineResult(session)] : columns;
};

/** Writes every rejected record as a line of JSON: `{file?, line?, column?, reason, record}`. */
export const writeRejects = async (
  session: DuckSession,
  source: CheckedSource,
  path: string,
): Promise<void> => {
  const { declared, reader } = source;
  const parts = [
    ...(declared === undefined ? [] : [failedRecords(reader, declared.sql, declared.columns)]),
    ...(source.format === 'CSV' ? [BROKEN_LINES] : []),
  ].map((part) => `SELECT * REPLACE (to_json(record) AS record) FROM (${part})`);
  await session.rows(`COPY (${parts.join(' UNION ALL BY NAME ')}) TO ${literal(path)} (FORMAT json)`);
};
