import type { ColumnRule } from '../contract/ingestion-job-request.js';
import { identifier, literal } from '../duckdb/quote.js';

const SQL_TYPE = {
  string: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const satisfies Record<ColumnRule['type'], string>;

/** The column as its declared type; null where the value is not of it. */
const typedSql = (column: ColumnRule, sourceType: string): string => {
  const raw = identifier(column.name);
  const type = SQL_TYPE[column.type];
  if (sourceType === type) return raw;
  const cast = `TRY_CAST(${raw} AS ${type})`;
  // A cast alone would round 2.5 to 3 and turn 1e400 into infinity.
  if (column.type === 'integer') {
    return `CASE WHEN regexp_full_match(trim(CAST(${raw} AS VARCHAR)), '[+-]?[0-9]+(\\.0+)?') THEN ${cast} END`;
  }
  return column.type === 'number' ? `CASE WHEN isfinite(${cast}) THEN ${cast} END` : cast;
};

const checksOf = (column: ColumnRule, typed: string): (readonly [condition: string, reason: string])[] => {
  const raw = identifier(column.name);
  return [
    ...(column.required ? [[`${raw} IS NULL`, 'is required'] as const] : []),
    [`${raw} IS NOT NULL AND (${typed}) IS NULL`, `is not of type ${column.type}`] as const,
    ...(column.minimum === undefined
      ? []
      : [[`(${typed}) < ${String(column.minimum)}`, `is below ${String(column.minimum)}`] as const]),
    ...(column.maximum === undefined
      ? []
      : [[`(${typed}) > ${String(column.maximum)}`, `is above ${String(column.maximum)}`] as const]),
    ...(column.pattern === undefined
      ? []
      : [
          [
            `NOT regexp_full_match(CAST(${raw} AS VARCHAR), ${literal(column.pattern)})`,
            `does not match ${column.pattern}`,
          ] as const,
        ]),
  ];
};

const failureSql = (column: ColumnRule, sourceType: string): string => {
  const cases = checksOf(column, typedSql(column, sourceType)).map(
    ([condition, reason]) =>
      `WHEN ${condition} THEN {'column': ${literal(column.name)}, 'reason': ${literal(reason)}}`,
  );
  return `CASE ${cases.join(' ')} END`;
};

export interface ColumnSql {
  /** The select list of a good record. */
  readonly columns: string;
  /** `{column, reason}` of the first check that a record fails, else null. */
  readonly failure: string;
}

/** @param sourceTypes SQL type of each column in the source, by name; every declared column must be there */
export const columnSql = (
  columns: readonly ColumnRule[],
  sourceTypes: ReadonlyMap<string, string>,
): ColumnSql => {
  const typeOf = (column: ColumnRule): string => sourceTypes.get(column.name) ?? 'VARCHAR';
  return {
    columns: columns
      .map((column) => `${typedSql(column, typeOf(column))} AS ${identifier(column.name)}`)
      .join(', '),
    failure: `COALESCE(${columns.map((column) => failureSql(column, typeOf(column))).join(', ')})`,
  };
};
