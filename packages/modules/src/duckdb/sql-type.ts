import type { ColumnRule } from '../contract/ingestion-job-request.js';

/** What DuckDB calls the types of columns that authors declare. */
export const SQL_TYPE = {
  string: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
} as const satisfies Record<ColumnRule['type'], string>;
