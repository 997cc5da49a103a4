import type { ColumnRule } from '../contract/ingestion-job-request.js';
import type { ValidationResult } from '../contract/stage-result.js';
import { identifier, literal } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import type { CheckedColumns } from './column-sql.js';
import type { OpenedSource } from './opened-source.js';
import type { SourceFile } from './source-files.js';

/** What was read, and by which rules. */
export interface CheckedSource extends Pick<OpenedSource, 'broken'> {
  readonly files: readonly SourceFile[];
  /** With the declared columns, if there are any. */
  readonly declared: { readonly columns: readonly ColumnRule[]; readonly sql: CheckedColumns } | undefined;
}

const failedRecords = (sql: CheckedColumns, columns: readonly ColumnRule[]): string => {
  const record = columns.map((column) => `${literal(column.name)}: ${identifier(column.name)}`).join(', ');
  return `SELECT failed.failure.column AS "column", failed.failure.reason AS reason, to_json(failed.record) AS record
    FROM (SELECT ${sql.failure} AS failure, {${record}} AS record FROM ${sql.relation}) AS failed
    WHERE failed.failure IS NOT NULL`;
};

const columnResults = async (
  session: DuckSession,
  sql: CheckedColumns,
  columns: readonly ColumnRule[],
): Promise<ValidationResult[]> => {
  const failed = await session.rows(
    `SELECT failure.column AS name, any_value(failure.reason) AS reason, count(*) AS records
     FROM (SELECT ${sql.failure} AS failure FROM ${sql.relation}) WHERE failure IS NOT NULL GROUP BY 1`,
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

const lineResult = async (session: DuckSession, broken: string): Promise<ValidationResult> => {
  const records = await session.count(`SELECT count(*) FROM (${broken})`);
  return { check: 'well-formed rows', status: records === 0 ? 'PASSED' : 'FAILED', records_failed: records };
};

/** One result a check, over all records of a source that has been read. */
export const validateSource = async (
  session: DuckSession,
  { declared, broken }: CheckedSource,
): Promise<ValidationResult[]> => [
  ...(declared === undefined ? [] : await columnResults(session, declared.sql, declared.columns)),
  ...(broken === undefined ? [] : [await lineResult(session, broken)]),
];

/** The broken lines with the names that the author knows the files by. */
const namedLines = (broken: string, files: readonly SourceFile[]): string => {
  const names = files.map(({ path, name }) => `(${literal(path)}, ${literal(name)})`).join(', ');
  return `SELECT broken.* REPLACE (COALESCE(named.name, broken.file) AS file, to_json(broken.record) AS record)
    FROM (${broken}) AS broken LEFT JOIN (VALUES ${names}) AS named (path, name) ON named.path = broken.file
    ORDER BY broken.file, broken.line`;
};

/** Writes every rejected record as a line of JSON: `{file?, line?, column?, reason, record}`. */
export const writeRejects = async (
  session: DuckSession,
  { declared, broken, files }: CheckedSource,
  path: string,
): Promise<void> => {
  const parts = [
    ...(declared === undefined ? [] : [failedRecords(declared.sql, declared.columns)]),
    ...(broken === undefined ? [] : [`SELECT * FROM (${namedLines(broken, files)})`]),
  ];
  await session.rows(`COPY (${parts.join(' UNION ALL BY NAME ')}) TO ${literal(path)} (FORMAT json)`);
};
