import type { ColumnRule } from '../contract/ingestion-job-request.js';
import { identifier, literal } from '../duckdb/quote.js';
import { SQL_TYPE } from '../duckdb/sql-type.js';

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

/** The text of a number in SQL as it is in JSON, whatever its size. */
const valueSql = (value: string | number | boolean, type: ColumnRule['type']): string =>
  `CAST(${literal(String(value))} AS ${SQL_TYPE[type]})`;

type Check = readonly [condition: string, reason: string];

const checksOf = (column: ColumnRule, typed: string): Check[] => {
  const raw = identifier(column.name);
  const text = `CAST(${raw} AS VARCHAR)`;
  const { type, minimum, maximum, pattern, max_length, enum: values } = column;
  const when = <T>(rule: T | undefined, check: (rule: T) => Check): Check[] =>
    rule === undefined ? [] : [check(rule)];
  return [
    ...when(column.required || undefined, () => [`${raw} IS NULL`, 'is required']),
    [`${raw} IS NOT NULL AND (${typed}) IS NULL`, `is not of type ${type}`],
    ...when(minimum, (least) => [`(${typed}) < ${String(least)}`, `is below ${String(least)}`]),
    ...when(maximum, (most) => [`(${typed}) > ${String(most)}`, `is above ${String(most)}`]),
    ...when(max_length, (most) => [
      `length(${text}) > ${String(most)}`,
      `is longer than ${String(most)} characters`,
    ]),
    ...when(pattern, (expression) => [
      `NOT regexp_full_match(${text}, ${literal(expression)})`,
      `does not match ${expression}`,
    ]),
    ...when(values, (accepted) => [
      `(${typed}) NOT IN (${accepted.map((value) => valueSql(value, type)).join(', ')})`,
      `is none of ${accepted.join(', ')}`,
    ]),
  ];
};

const failed = (column: ColumnRule, [condition, reason]: Check): string =>
  `WHEN ${condition} THEN {'column': ${literal(column.name)}, 'reason': ${literal(reason)}}`;

const failureSql = (column: ColumnRule, typed: string): string =>
  `CASE ${checksOf(column, typed)
    .map((check) => failed(column, check))
    .join(' ')} END`;

/** Beside the source's own columns; a name that none of them is likely to have. */
const FAILURE = '"phi: failure"';
const ROW = '"phi: row"';

/** Among the records that pass everything else, so that no good one is lost to one that is rejected itself. */
const repeated = (column: ColumnRule, typed: string): string =>
  `CASE ${failed(column, [
    `(${typed}) IS NOT NULL AND row_number() OVER (PARTITION BY (${typed}), ${FAILURE} IS NULL ORDER BY ${ROW}) > 1`,
    'is there already',
  ])} END`;

export interface CheckedColumns {
  /** The source with one column more, `failure`. Stands after FROM. */
  readonly relation: string;
  /** The select list of a good record. */
  readonly columns: string;
  /** Name of the column with `{column, reason}` of the first check that a record fails, else null. */
  readonly failure: string;
}

/**
 * @param types SQL type of each column in the source, by name; every declared column must be there
 * @param kept names of other columns that are taken as they are
 */
export const checkedColumns = (
  relation: string,
  columns: readonly ColumnRule[],
  types: ReadonlyMap<string, string>,
  kept: readonly string[],
): CheckedColumns => {
  const typed = (column: ColumnRule): string => typedSql(column, types.get(column.name) ?? 'VARCHAR');
  const failures = columns.map((column) => failureSql(column, typed(column))).join(', ');
  const unique = columns.filter((column) => column.unique);
  const number = unique.length === 0 ? '' : `, row_number() OVER () AS ${ROW}`;
  const checked = `(SELECT *, COALESCE(${failures}) AS ${FAILURE}${number} FROM ${relation})`;
  const repeats = unique.map((column) => repeated(column, typed(column)));
  return {
    relation:
      repeats.length === 0
        ? checked
        : `(SELECT * REPLACE (COALESCE(${[FAILURE, ...repeats].join(', ')}) AS ${FAILURE}) FROM ${checked})`,
    columns: [
      ...columns.map((column) => `${typed(column)} AS ${identifier(column.name)}`),
      ...kept.map(identifier),
    ].join(', '),
    failure: FAILURE,
  };
};
