import { finished } from 'node:stream/promises';
import type { Client } from 'pg';
import { from as copyFrom } from 'pg-copy-streams';

/**
 * Copies records into a table, all or none.
 *
 * @param table quoted
 * @param columns quoted
 * @param lines in COPY's text format
 */
export const copyRecords = async (
  client: Client,
  table: string,
  columns: readonly string[],
  lines: readonly string[],
): Promise<void> => {
  const stream = client.query(copyFrom(`COPY ${table} (${columns.join(', ')}) FROM STDIN`));
  const copied = finished(stream);
  stream.end(lines.join(''));
  await copied;
};
