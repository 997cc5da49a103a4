import { PhiError } from '@phi/core';
import type { Client } from 'pg';
import type { PostgresDestination } from '../../contract/destination.js';
import { identifier } from '../../duckdb/quote.js';
import type { RecordChunk } from '../record-source.js';
import { copyRecords } from './copy-records.js';
import type { TargetTable } from './target-table.js';

/** Writes within one transaction, which its caller begins and ends. */
export interface RecordWriter {
  /** Once, before the first chunk. */
  prepare(): Promise<void>;
  write(chunk: RecordChunk): Promise<void>;
}

const INCOMING = 'phi_incoming';
const ORDINAL = 'phi_ordinal';

/** Records whose key is there already take its place; of several with one key, the last. */
class Upserts implements RecordWriter {
  readonly #columns: readonly string[];
  readonly #key: readonly string[];

  constructor(
    private readonly client: Client,
    private readonly target: TargetTable,
    key: readonly string[],
  ) {
    this.#columns = target.columns.map(({ name }) => identifier(name));
    this.#key = key.map(identifier);
  }

  async prepare(): Promise<void> {
    const columns = this.target.columns.map(({ name, type }) => `${identifier(name)} ${type}`);
    await this.client.query(
      `CREATE TEMP TABLE ${INCOMING} (${columns.join(', ')}, ${ORDINAL} bigint GENERATED ALWAYS AS IDENTITY) ON COMMIT DROP`,
    );
  }

  async write(chunk: RecordChunk): Promise<void> {
    await copyRecords(this.client, INCOMING, this.#columns, chunk.lines);
    await this.#refuseNullKeys(chunk);
    const [key, columns] = [this.#key.join(', '), this.#columns.join(', ')];
    await this.client.query(
      `INSERT INTO ${this.target.name} (${columns})
       SELECT DISTINCT ON (${key}) ${columns} FROM ${INCOMING} ORDER BY ${key}, ${ORDINAL} DESC
       ON CONFLICT (${key}) ${this.#action()}`,
    );
    await this.client.query(`TRUNCATE ${INCOMING} RESTART IDENTITY`);
  }

  #action(): string {
    const rest = this.#columns.filter((column) => !this.#key.includes(column));
    if (rest.length === 0) return 'DO NOTHING';
    return `DO UPDATE SET ${rest.map((column) => `${column} = EXCLUDED.${column}`).join(', ')}`;
  }

  /** No two of them are the same to a unique constraint: each repetition would add them once more. */
  async #refuseNullKeys({ from }: RecordChunk): Promise<void> {
    const isNull = this.#key.map((column) => `${column} IS NULL`).join(' OR ');
    const { rows } = await this.client.query<{ ordinal: string | null }>(
      `SELECT min(${ORDINAL}) AS ordinal FROM ${INCOMING} WHERE ${isNull}`,
    );
    const ordinal = rows[0]?.ordinal ?? null;
    if (ordinal === null) return;
    throw new PhiError(
      'EXEC_004_OUTPUT_FAILED',
      `record ${String(from + Number(ordinal))} of the batch: a column of its key (${this.#key.join(', ')}) is null`,
      { operation: 'gamma.postgres' },
    );
  }
}

class Appends implements RecordWriter {
  constructor(
    protected readonly client: Client,
    protected readonly target: TargetTable,
  ) {}

  async prepare(): Promise<void> {
    // Nothing has to be there but the table.
  }

  async write(chunk: RecordChunk): Promise<void> {
    const columns = this.target.columns.map(({ name }) => identifier(name));
    await copyRecords(this.client, this.target.name, columns, chunk.lines);
  }
}

/** DELETE, not TRUNCATE: whoever reads meanwhile goes on seeing the old rows, and is not kept waiting. */
class Replacements extends Appends {
  override async prepare(): Promise<void> {
    await this.client.query(`DELETE FROM ${this.target.name}`);
  }
}

export const createRecordWriter = (
  client: Client,
  target: TargetTable,
  { mode, key }: PostgresDestination,
): RecordWriter => {
  switch (mode) {
    case 'APPEND':
      return new Appends(client, target);
    case 'UPSERT':
      return new Upserts(client, target, key ?? []);
    case 'REPLACE':
      return new Replacements(client, target);
  }
};
