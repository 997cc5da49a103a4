import { DuckDBArrayType, DuckDBListType, DuckDBStructType, DuckDBTypeId } from '@duckdb/node-api';
import type { DuckDBType } from '@duckdb/node-api';
import { isJson, jsonText } from '../json-text.js';

const text = (value: string): string => `CAST(${value} AS VARCHAR)`;

const replacing = (value: string, pairs: readonly (readonly [string, string])[]): string =>
  pairs.reduce((inner, [found, put]) => `replace(${inner}, ${found}, ${put})`, value);

const BACKSLASH = ['chr(92)', 'chr(92) || chr(92)'] as const;
const escapedForCopy = (value: string): string =>
  replacing(value, [
    BACKSLASH,
    ['chr(9)', `chr(92) || 't'`],
    ['chr(10)', `chr(92) || 'n'`],
    ['chr(13)', `chr(92) || 'r'`],
  ]);
const quotedInArray = (value: string): string =>
  `('"' || ${replacing(value, [BACKSLASH, [`'"'`, `chr(92) || '"'`]])} || '"')`;

const arrayText = (value: string, element: DuckDBType, depth: number): string => {
  const each = `e${String(depth)}`;
  const inner =
    element instanceof DuckDBListType || element instanceof DuckDBArrayType
      ? valueText(each, element, depth + 1)
      : quotedInArray(valueText(each, element, depth + 1));
  return `('{' || array_to_string(list_transform(${value}, lambda ${each}: CASE WHEN ${each} IS NULL THEN 'NULL' ELSE ${inner} END), ',') || '}')`;
};

/** How PostgreSQL reads a value of this type, without the escapes of COPY. */
const valueText = (value: string, type: DuckDBType, depth: number): string => {
  if (type instanceof DuckDBListType) return arrayText(value, type.valueType, depth);
  if (type instanceof DuckDBArrayType)
    return arrayText(`CAST(${value} AS ${String(type.valueType)}[])`, type.valueType, depth);
  if (
    type instanceof DuckDBStructType ||
    type.typeId === DuckDBTypeId.MAP ||
    type.typeId === DuckDBTypeId.UNION
  )
    return jsonText(value, type, depth);
  switch (type.typeId) {
    case DuckDBTypeId.BLOB:
      return `(chr(92) || 'x' || hex(${value}))`;
    case DuckDBTypeId.DATE:
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_S:
    case DuckDBTypeId.TIMESTAMP_MS:
    case DuckDBTypeId.TIMESTAMP_NS:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return `replace(${text(value)}, '(BC)', 'BC')`;
    default:
      return text(value);
  }
};

/** Types of PostgreSQL that take any value as JSON. */
const JSON_TYPES: readonly string[] = ['json', 'jsonb'];

const fieldText = ({ value, type, target }: CopyField): string => {
  if (JSON_TYPES.includes(target) && type.typeId !== DuckDBTypeId.VARCHAR) return jsonText(value, type);
  return isJson(type) ? text(value) : valueText(value, type, 0);
};

export interface CopyField {
  /** SQL expression. */
  readonly value: string;
  readonly type: DuckDBType;
  /** Type of the column that it goes into, as PostgreSQL calls it. */
  readonly target: string;
}

/**
 * SQL for a record as one line of `COPY ... FROM STDIN` in its text format, each value written as PostgreSQL reads it back exactly:
 * what it does not fit into, PostgreSQL refuses.
 */
export const copyLine = (fields: readonly CopyField[]): string => {
  const texts = fields.map(
    (field) =>
      `CASE WHEN ${field.value} IS NULL THEN chr(92) || 'N' ELSE ${escapedForCopy(fieldText(field))} END`,
  );
  return `${texts.join(' || chr(9) || ')} || chr(10)`;
};
