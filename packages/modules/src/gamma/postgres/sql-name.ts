import { identifier } from '../../duckdb/quote.js';

const PART = /"(?:[^"]|"")+"|[^."]+/g;

/** The parts of a name as an author writes it in SQL: what is not quoted is folded to lower case. */
const partsOf = (name: string): string[] =>
  (name.match(PART) ?? []).map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part.toLowerCase(),
  );

/** `table` or `schema.table` with every part quoted, so that it is a name whatever is in it. */
export const quotedName = (name: string): string => partsOf(name).map(identifier).join('.');
