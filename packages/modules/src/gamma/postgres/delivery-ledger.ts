import { PhiError } from '@phi/core';
import type { Client } from 'pg';
import { START, type DeliveryPosition } from '../delivery-position.js';
import { quotedName } from './sql-name.js';

/** Which delivery it is: the same in every attempt. */
export interface DeliveryIdentity {
  readonly job_id: string;
  readonly chain_id: string;
  readonly stage: string;
  readonly destination: string;
}

/** How far the delivery has got. */
export interface LedgerEntry extends DeliveryPosition {
  readonly completed: boolean;
}

const IS_THIS = 'job_id = $1 AND chain_id = $2 AND stage = $3 AND destination = $4';

const superseded = (field: string): PhiError =>
  new PhiError(
    'EXEC_022_DELIVERY_CONFLICT',
    `${field}: a later attempt has taken this delivery over; nothing more is written by this one`,
    { operation: 'gamma.postgres' },
  );

/**
 * The row of one delivery in the destination's own database. Its position moves in the transaction that writes the records, so that it
 * says what is there whenever and wherever an attempt ends. Only the latest attempt can move it: whoever has claimed it with a higher
 * fence shuts the earlier ones out.
 */
export class DeliveryLedger {
  readonly #table: string;
  readonly #key: readonly string[];

  /**
   * @param table as the author writes it
   * @param fence of this attempt
   * @param field the destination's path in the parameters
   */
  constructor(
    private readonly client: Client,
    table: string,
    { job_id, chain_id, stage, destination }: DeliveryIdentity,
    private readonly fence: number,
    private readonly field: string,
  ) {
    this.#table = quotedName(table);
    this.#key = [job_id, chain_id, stage, destination];
  }

  /** Makes the table where it is not there: an administrator may have made it for a role that must not. */
  async createTable(): Promise<void> {
    const there = await this.client.query('SELECT WHERE to_regclass($1) IS NOT NULL', [this.#table]);
    if (there.rowCount === 1) return;
    // Two that create it at once: one waits for the other here, and finds it there.
    await this.client.query(`
      BEGIN;
      SELECT pg_advisory_xact_lock(hashtext('phi_deliveries'));
      CREATE TABLE IF NOT EXISTS ${this.#table} (
        job_id text NOT NULL,
        chain_id text NOT NULL,
        stage text NOT NULL,
        destination text NOT NULL,
        fence bigint NOT NULL,
        position bigint NOT NULL DEFAULT ${String(START.records)},
        fingerprint text NOT NULL DEFAULT '${String(START.fingerprint)}',
        updated_at timestamptz NOT NULL DEFAULT now(),
        completed_at timestamptz,
        PRIMARY KEY (job_id, chain_id, stage, destination)
      );
      COMMIT`);
  }

  /** Takes the delivery over from earlier attempts; waits for the one that is writing. */
  async claim(): Promise<LedgerEntry> {
    const { rows } = await this.client.query<{ position: string; fingerprint: string; completed: boolean }>(
      `INSERT INTO ${this.#table} AS ledger (job_id, chain_id, stage, destination, fence) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (job_id, chain_id, stage, destination) DO UPDATE SET fence = EXCLUDED.fence, updated_at = now()
       WHERE ledger.fence <= EXCLUDED.fence
       RETURNING position, fingerprint, completed_at IS NOT NULL AS completed`,
      [...this.#key, this.fence],
    );
    const [row] = rows;
    if (row === undefined) throw superseded(this.field);
    return {
      records: Number(row.position),
      fingerprint: BigInt(row.fingerprint),
      completed: row.completed,
    };
  }

  /**
   * Moves the position, as the first statement of the transaction that writes the records in between: from then on a later attempt waits
   * for its end.
   *
   * @throws PhiError EXEC_022_DELIVERY_CONFLICT a later attempt has claimed it
   */
  async move(from: DeliveryPosition, to: DeliveryPosition): Promise<void> {
    await this.#update(`position = $6, fingerprint = $7, updated_at = now()`, 'position = $8', [
      to.records,
      String(to.fingerprint),
      from.records,
    ]);
  }

  /** @throws PhiError EXEC_022_DELIVERY_CONFLICT a later attempt has claimed it */
  async complete(): Promise<void> {
    await this.#update('completed_at = coalesce(completed_at, now())', 'true', []);
  }

  async #update(assignments: string, condition: string, values: readonly unknown[]): Promise<void> {
    const { rowCount } = await this.client.query(
      `UPDATE ${this.#table} SET ${assignments} WHERE ${IS_THIS} AND fence = $5 AND ${condition}`,
      [...this.#key, this.fence, ...values],
    );
    if (rowCount !== 1) throw superseded(this.field);
  }
}
