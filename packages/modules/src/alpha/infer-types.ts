import { identifier } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';

/** What text may stand for, the narrowest first, with what all of a column's values must look like beside being castable. */
const CANDIDATES = [
  // Digits that begin with a zero are a number to count with in no file: a postcode, an article.
  { type: 'BIGINT', pattern: '[+-]?(0|[1-9][0-9]*)' },
  { type: 'DOUBLE', pattern: '[+-]?(0|[1-9][0-9]*)?(\\.[0-9]*)?([eE][+-]?[0-9]+)?' },
  { type: 'BOOLEAN', pattern: '(?i)true|false' },
  { type: 'DATE', pattern: '\\d{4}-\\d{2}-\\d{2}' },
  { type: 'TIMESTAMP', pattern: '\\d{4}-\\d{2}-\\d{2}[ T]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,6})?)?' },
] as const;

/**
 * The relation with each column of text as the type that all of its values have: integers, numbers, true and false, ISO dates and times
 * without a zone. A column that has others, or no value, stays text.
 */
export const withInferredTypes = async (
  session: DuckSession,
  relation: string,
  names: readonly string[],
): Promise<string> => {
  const tests = names.flatMap((name, column) =>
    CANDIDATES.map(({ type, pattern }, candidate) => {
      const value = identifier(name);
      const fits = `regexp_full_match(${value}, '${pattern}') AND TRY_CAST(${value} AS ${type}) IS NOT NULL`;
      return `bool_and(${fits}) FILTER (${value} IS NOT NULL) AS "${String(column)}.${String(candidate)}"`;
    }),
  );
  const [found] = await session.rows(`SELECT ${tests.join(', ')} FROM ${relation}`);
  const columns = names.map((name, column) => {
    const index = CANDIDATES.findIndex(
      (_candidate, candidate) => found?.[`${String(column)}.${String(candidate)}`] === true,
    );
    const type = CANDIDATES[index]?.type;
    return type === undefined
      ? identifier(name)
      : `CAST(${identifier(name)} AS ${type}) AS ${identifier(name)}`;
  });
  return `(SELECT ${columns.join(', ')} FROM ${relation})`;
};
