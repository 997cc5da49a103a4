import { PhiError } from '@phi/core';
import type { Client } from 'pg';
import type { PostgresDestination } from '../../contract/destination.js';
import { identifier } from '../../duckdb/quote.js';
import type { DuckColumn } from '../../duckdb/session.js';
import { copyLine } from './copy-text.js';
import { quotedName } from './sql-name.js';

/** A column that is written. */
interface TargetColumn {
  readonly name: string;
  /** As DDL has it, e.g. `numeric(10,2)`. */
  readonly type: string;
}

/** What a batch is written to, and how. */
export interface TargetTable {
  /** Quoted. */
  readonly name: string;
  readonly columns: readonly TargetColumn[];
  /** SQL of the batch's database for a record as a line of COPY. */
  readonly line: string;
}

const invalid = (message: string): PhiError =>
  new PhiError('EXEC_005_INVALID_CONFIG', message, { operation: 'gamma.postgres' });

const readColumns = async (client: Client, name: string): Promise<ReadonlyMap<string, string>> => {
  const { rows } = await client.query<{ name: string; type: string }>(
    `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
     WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
    [name],
  );
  return new Map(rows.map((row) => [row.name, row.type]));
};

/** Column of the batch → column of the table. */
const mappingOf = (
  { columns }: PostgresDestination,
  batch: readonly DuckColumn[],
  field: string,
): readonly (readonly [DuckColumn, string])[] => {
  if (columns === undefined) return batch.map((column) => [column, column.name]);
  const byName = new Map(batch.map((column) => [column.name, column]));
  return Object.entries(columns).map(([from, to]) => {
    const column = byName.get(from);
    if (column === undefined)
      throw invalid(
        `${field}.columns: the batch has no column "${from}"; it has: ${[...byName.keys()].join(', ')}`,
      );
    return [column, to];
  });
};

const checkKey = (key: readonly string[], written: readonly TargetColumn[], field: string): void => {
  const names = written.map(({ name }) => name);
  const absent = key.find((name) => !names.includes(name));
  if (absent !== undefined)
    throw invalid(`${field}.key: "${absent}" is not among the columns that are written: ${names.join(', ')}`);
};

/**
 * The table as it is there, and the batch's columns fitted to it.
 *
 * @param field the destination's path in the parameters
 * @throws PhiError EXEC_005_INVALID_CONFIG naming the table or column that is not there
 */
export const describeTarget = async (
  client: Client,
  destination: PostgresDestination,
  batch: readonly DuckColumn[],
  field: string,
): Promise<TargetTable> => {
  const name = quotedName(destination.table);
  const there = await readColumns(client, name);
  if (there.size === 0)
    throw invalid(`${field}.table: there is no table ${name}; create it, or correct the name`);
  const fields = mappingOf(destination, batch, field).map(([column, to]) => {
    const type = there.get(to);
    if (type === undefined)
      throw invalid(
        `${field}.columns: table ${name} has no column "${to}"; it has: ${[...there.keys()].join(', ')}`,
      );
    return { name: to, type, source: { value: identifier(column.name), type: column.type, target: type } };
  });
  const columns = fields.map(({ name: column, type }) => ({ name: column, type }));
  const twice = columns.find(
    (column, index) => columns.findIndex((one) => one.name === column.name) !== index,
  );
  if (twice !== undefined) throw invalid(`${field}.columns: two columns of the batch go to "${twice.name}"`);
  checkKey(destination.key ?? [], columns, field);
  return { name, columns, line: copyLine(fields.map(({ source }) => source)) };
};
