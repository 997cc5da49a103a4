import type { SourceFormat } from '../contract/ingestion-job-request.js';

/** A source that can be queried. */
export interface OpenedSource {
  readonly format: SourceFormat;
  /** What stands after FROM. Columns are text where the format has no types and the author declares them. */
  readonly relation: string;
  /** SQL type of each column, by name. */
  readonly types: ReadonlyMap<string, string>;
  /** SELECT of `{file, line, column?, reason, record}` for what is no record at all; valid once the relation has been read. */
  readonly broken: string | undefined;
}
