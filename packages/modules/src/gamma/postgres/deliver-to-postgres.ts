import { PhiError } from '@phi/core';
import type { Client } from 'pg';
import type { PostgresAcknowledgement } from '../../contract/delivery-acknowledgement.js';
import type { PostgresDestination } from '../../contract/destination.js';
import type { Delivery } from '../delivery.js';
import { advance, START } from '../delivery-position.js';
import type { DeliveryPosition } from '../delivery-position.js';
import type { RecordChunk } from '../record-source.js';
import { withConnection } from './connection.js';
import { DeliveryLedger } from './delivery-ledger.js';
import { postgresFailure, type WrittenRecords } from './failure.js';
import { createRecordWriter, type RecordWriter } from './record-writer.js';
import { describeTarget, type TargetTable } from './target-table.js';
import { inTransaction } from './transaction.js';

/** Text of one chunk, in characters: it is in memory twice while it is sent. */
const CHUNK_SIZE = 8 * 1024 * 1024;

class PostgresDelivery {
  readonly #writer: RecordWriter;
  /** What is being written, for messages. */
  writing: WrittenRecords | undefined;

  constructor(
    private readonly client: Client,
    private readonly destination: PostgresDestination,
    private readonly target: TargetTable,
    private readonly ledger: DeliveryLedger,
    private readonly delivery: Delivery,
  ) {
    this.#writer = createRecordWriter(client, target, destination);
  }

  /** Each chunk in a transaction with the position after it. */
  async inChunks(from: DeliveryPosition): Promise<void> {
    let reached = from;
    for await (const chunk of this.#chunks(from)) {
      await inTransaction(this.client, async () => {
        await this.ledger.move(reached, advance(reached, chunk));
        await this.#writer.prepare();
        await this.#write(chunk);
      });
      reached = advance(reached, chunk);
      this.delivery.landed(reached);
      this.delivery.handled(reached.records - from.records);
    }
    await this.ledger.complete();
  }

  /** Everything in one transaction: an attempt that does not end it has done nothing. */
  async atOnce(): Promise<void> {
    let reached = START;
    await inTransaction(this.client, async () => {
      // Holds the row from the beginning, so that a later attempt waits here and not behind the rows of the table.
      await this.ledger.complete();
      await this.#writer.prepare();
      for await (const chunk of this.#chunks(START)) {
        await this.#write(chunk);
        reached = advance(reached, chunk);
        this.delivery.handled(reached.records);
      }
      await this.ledger.move(START, reached);
    });
    this.delivery.landed(reached);
  }

  async *#chunks(from: DeliveryPosition): AsyncGenerator<RecordChunk> {
    const { source, pace } = this.delivery;
    const limits = { records: pace.atOnce(this.destination.chunk_records), size: CHUNK_SIZE };
    for await (const chunk of source.chunks(this.target.line, from, limits)) {
      await pace.before(chunk.records);
      yield chunk;
    }
  }

  async #write(chunk: RecordChunk): Promise<void> {
    this.writing = chunk;
    await this.#writer.write(chunk);
    this.writing = undefined;
  }
}

const forgotten = ({ field, reached }: Delivery, known: number): PhiError =>
  new PhiError(
    'EXEC_004_OUTPUT_FAILED',
    `${field}: an earlier attempt committed ${String(reached.records)} records, and the ledger knows of ${String(known)}; ` +
      'going on would write records twice: restore the row of the ledger, or trigger the job anew',
    { operation: 'gamma.postgres', data: { reached: reached.records, known } },
  );

const deliver = async (
  client: Client,
  destination: PostgresDestination,
  delivery: Delivery,
): Promise<PostgresAcknowledgement> => {
  const { context, field, name, source } = delivery;
  const target = await describeTarget(client, destination, source.columns, field);
  const ledger = new DeliveryLedger(
    client,
    destination.ledger_table,
    { job_id: context.job_id, chain_id: context.chain_id, stage: context.stage, destination: name },
    context.fence,
    field,
  );
  await ledger.createTable();
  const entry = await inTransaction(client, async () => ledger.claim());
  if (entry.records < delivery.reached.records) throw forgotten(delivery, entry.records);
  const work = new PostgresDelivery(client, destination, target, ledger, delivery);
  const isWhole = destination.atomic || destination.mode === 'REPLACE';
  try {
    if (!entry.completed) await (isWhole ? work.atOnce() : work.inChunks(entry));
  } catch (error) {
    throw postgresFailure(error, field, work.writing);
  }
  return {
    type: 'POSTGRES',
    destination: name,
    table: destination.table,
    mode: destination.mode,
    records: source.total,
    resumed_at: entry.records,
  };
};

/**
 * Delivers a batch into a table, every record once however often and wherever an attempt ends (ADR 22).
 *
 * @throws PhiError with the code of what went wrong; see `postgresFailure`
 */
export const deliverToPostgres = async (
  destination: PostgresDestination,
  delivery: Delivery,
): Promise<PostgresAcknowledgement> => {
  const { signal } = delivery.context;
  try {
    return await withConnection(destination.connection, signal, async (client) =>
      deliver(client, destination, delivery),
    );
  } catch (error) {
    signal.throwIfAborted();
    throw postgresFailure(error, delivery.field, undefined);
  }
};
