import { PhiError } from '@phi/core';
import type { DuckDBValue } from '@duckdb/node-api';
import { stageFailure } from '../duckdb/failure.js';
import { literal } from '../duckdb/quote.js';
import type { DuckColumn, DuckSession } from '../duckdb/session.js';
import { advance, START } from './delivery-position.js';
import type { DeliveryPosition } from './delivery-position.js';

/** Records that are delivered together. */
export interface RecordChunk extends DeliveryPosition {
  /** How many records of the batch are before it. */
  readonly from: number;
  /** One for each record, as the destination takes it. */
  readonly lines: readonly string[];
}

export interface ChunkLimits {
  readonly records: number;
  /** Of text, in characters; a chunk that has reached it takes no further record. */
  readonly size: number;
}

/** The records of a batch in the order of its file, which is the same however often it is read. */
export interface RecordSource {
  readonly columns: readonly DuckColumn[];
  /** How many there are. */
  readonly total: number;
  /**
   * The records from a position on, in chunks. Where these end depends on the records and the limits alone.
   *
   * @param line SQL expression of a record's text
   * @throws PhiError EXEC_004_OUTPUT_FAILED if the records before the position are not those that were delivered
   */
  chunks(line: string, from: DeliveryPosition, limits: ChunkLimits): AsyncGenerator<RecordChunk>;
}

const ROW = 'file_row_number';

const differs = (position: DeliveryPosition): PhiError =>
  new PhiError(
    'EXEC_004_OUTPUT_FAILED',
    `an earlier attempt delivered ${String(position.records)} records, and the batch does not begin with them any more; ` +
      'delivering the rest would mix two batches: trigger the job anew, for all of it',
    { operation: 'gamma.resume', data: { records: position.records } },
  );

const bigintOf = (value: DuckDBValue | undefined): bigint => {
  if (typeof value === 'bigint') return value;
  throw new Error(`expected a whole number of the database, got ${String(value)}`);
};

class BatchRecords implements RecordSource {
  constructor(
    private readonly session: DuckSession,
    private readonly input: string,
    private readonly signal: AbortSignal,
    readonly columns: readonly DuckColumn[],
    readonly total: number,
  ) {}

  async *chunks(line: string, from: DeliveryPosition, limits: ChunkLimits): AsyncGenerator<RecordChunk> {
    try {
      yield* this.read(line, from, limits);
    } catch (error) {
      // Coded here: where the records go to, it would pass for a failure of the destination.
      throw stageFailure(error, 'EXEC_004_OUTPUT_FAILED', 'gamma.read', this.signal);
    }
  }

  private async *read(
    line: string,
    from: DeliveryPosition,
    limits: ChunkLimits,
  ): AsyncGenerator<RecordChunk> {
    if ((await this.fingerprintBefore(line, from.records)) !== from.fingerprint) throw differs(from);
    const select = `SELECT ${ROW}, line, md5_number(${ROW} || ' ' || line) FROM ${this.lines(line)} WHERE ${ROW} >= ${String(from.records)}`;
    let next = from.records;
    let chunk = new OpenChunk(next);
    for await (const rows of this.session.stream(select)) {
      for (const [row, text, fingerprint] of rows) {
        if (bigintOf(row) !== BigInt(next)) throw new Error(`record ${String(next)} came as ${String(row)}`);
        next += 1;
        if (chunk.add(String(text), bigintOf(fingerprint), limits)) continue;
        yield chunk.close();
        chunk = new OpenChunk(next);
      }
    }
    if (chunk.records > 0) yield chunk.close();
  }

  private async fingerprintBefore(line: string, records: number): Promise<bigint> {
    if (records === 0) return START.fingerprint;
    if (records > this.total) return -1n;
    const [row] = await this.session.rows(
      `SELECT bit_xor(md5_number(${ROW} || ' ' || line)) AS fingerprint FROM ${this.lines(line)} WHERE ${ROW} < ${String(records)}`,
    );
    return BigInt(String(row?.['fingerprint']));
  }

  private lines(line: string): string {
    return `(SELECT ${ROW}, ${line} AS line FROM read_parquet(${literal(this.input)}, file_row_number = true))`;
  }
}

class OpenChunk {
  private readonly lines: string[] = [];
  private size = 0;
  private position = START;

  constructor(private readonly from: number) {}

  get records(): number {
    return this.lines.length;
  }

  /** @returns whether there is room for more */
  add(line: string, fingerprint: bigint, limits: ChunkLimits): boolean {
    this.lines.push(line);
    this.size += line.length;
    this.position = advance(this.position, { records: 1, fingerprint });
    return this.lines.length < limits.records && this.size < limits.size;
  }

  close(): RecordChunk {
    return { ...this.position, from: this.from, lines: this.lines };
  }
}

/** @param input absolute path of a batch, which the session may read */
export const openRecords = async (
  session: DuckSession,
  input: string,
  signal: AbortSignal,
): Promise<RecordSource> => {
  const batch = `read_parquet(${literal(input)})`;
  return new BatchRecords(
    session,
    input,
    signal,
    await session.columns(`SELECT * FROM ${batch}`),
    await session.count(`SELECT count(*) FROM ${batch}`),
  );
};
