import {
  DuckDBArrayType,
  DuckDBListType,
  DuckDBStructType,
  DuckDBTypeId,
  type DuckDBType,
} from '@duckdb/node-api';
import { identifier, literal } from '../duckdb/quote.js';
import type { DuckColumn } from '../duckdb/session.js';

/** DuckDB calls JSON a text by another name. */
export const isJson = (type: DuckDBType): boolean => type.alias === 'JSON';

const text = (value: string): string => `CAST(${value} AS VARCHAR)`;
const quoted = (value: string): string => `CAST(to_json(${value}) AS VARCHAR)`;

/** JSON has no NaN and no infinities: they become texts. */
const floating = (value: string): string =>
  `CASE WHEN isfinite(${value}) THEN ${text(value)} WHEN isnan(${value}) THEN '"NaN"' WHEN ${value} > 0 THEN '"Infinity"' ELSE '"-Infinity"' END`;

const list = (value: string, element: DuckDBType, depth: number): string => {
  const each = `e${String(depth)}`;
  return `('[' || array_to_string(list_transform(${value}, lambda ${each}: ${jsonText(each, element, depth + 1)}), ',') || ']')`;
};

const struct = (value: string, type: DuckDBStructType, depth: number): string => {
  const members = type.entryNames.map((name, index) => {
    const member = type.entryTypes[index];
    const encoded = member === undefined ? 'NULL' : jsonText(`${value}[${literal(name)}]`, member, depth);
    return `${literal(`${JSON.stringify(name)}:`)} || ${encoded}`;
  });
  return `('{' || ${members.join(` || ',' || `)} || '}')`;
};

const present = (value: string, type: DuckDBType, depth: number): string => {
  if (isJson(type)) return text(value);
  if (type instanceof DuckDBListType) return list(value, type.valueType, depth);
  if (type instanceof DuckDBArrayType)
    return list(`CAST(${value} AS ${String(type.valueType)}[])`, type.valueType, depth);
  if (type instanceof DuckDBStructType) return struct(value, type, depth);
  switch (type.typeId) {
    case DuckDBTypeId.FLOAT:
    case DuckDBTypeId.DOUBLE:
      return floating(value);
    case DuckDBTypeId.DECIMAL:
      return text(value);
    case DuckDBTypeId.BLOB:
      return quoted(`base64(${value})`);
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
      return quoted(`replace(${text(value)}, ' ', 'T')`);
    case DuckDBTypeId.TIMESTAMP_TZ:
      // The session's zone is UTC.
      return quoted(`replace(replace(${text(value)}, ' ', 'T'), '+00', 'Z')`);
    default:
      return quoted(value);
  }
};

/**
 * SQL for the JSON of a value, exact where DuckDB's own `to_json` is not: decimals keep their digits, NaN stays valid JSON. Whole
 * numbers are written in full, bytes as base64, times as ISO 8601.
 *
 * @param value SQL expression
 */
export const jsonText = (value: string, type: DuckDBType, depth = 0): string =>
  `CASE WHEN ${value} IS NULL THEN 'null' ELSE ${present(value, type, depth)} END`;

/** SQL for the JSON object of a record. */
export const jsonRecord = (columns: readonly DuckColumn[]): string => {
  const members = columns.map(
    ({ name, type }) => `${literal(`${JSON.stringify(name)}:`)} || ${jsonText(identifier(name), type)}`,
  );
  return `'{' || ${members.join(` || ',' || `)} || '}'`;
};
