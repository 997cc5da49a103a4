import { DuckDBInstance, StatementType } from '@duckdb/node-api';
import type { DuckDBConnection, DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { literalList } from './quote.js';

export interface SessionOptions {
  readonly memory_mb: number;
  readonly cpu_cores: number;
  /** At most this much is spilled. Undefined: as much as there is room. */
  readonly disk_mb?: number | undefined;
  /** Where a query spills what does not fit its memory. */
  readonly spillDir: string;
  readonly signal: AbortSignal;
}

export interface DuckColumn {
  readonly name: string;
  readonly type: DuckDBType;
}

/** An in-memory DuckDB of one stage. Every method throws the signal's reason once it is aborted. */
export interface DuckSession {
  /** Runs one or more statements; answers the rows of the last, values as JSON. */
  rows(sql: string): Promise<Record<string, unknown>[]>;
  /** The number in the first column of the first row: of `COPY`, the rows written. */
  count(sql: string): Promise<number>;
  /** What columns a SELECT has; it is not run. */
  columns(select: string): Promise<readonly DuckColumn[]>;
  /** The rows of a SELECT, some at a time, as they come; another statement ends it. */
  stream(select: string): AsyncIterable<readonly (readonly DuckDBValue[])[]>;
  /** SQL type of each column of what may stand after FROM, by name. */
  columnTypes(relation: string): Promise<ReadonlyMap<string, string>>;
  /** Whether the text is one SELECT and nothing else; nothing is run. */
  isOneSelect(sql: string): Promise<boolean>;
  /**
   * Shuts the session in: from here on nothing but these files can be read or written, nothing can be attached or
   * loaded, and no setting changes back.
   */
  seal(files: readonly string[]): Promise<void>;
}

/** How often an interrupt is repeated: one that comes before its query has begun has no effect. */
const INTERRUPT_EVERY_MS = 20;

/** Runs one call on the connection, interrupting it for as long as it runs once the signal is aborted. */
const interruptible = async <T>(
  connection: DuckDBConnection,
  signal: AbortSignal,
  call: () => Promise<T>,
): Promise<T> => {
  signal.throwIfAborted();
  let timer: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    connection.interrupt();
    timer = setInterval(() => connection.interrupt(), INTERRUPT_EVERY_MS);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  try {
    return await call();
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener('abort', interrupt);
    clearInterval(timer);
  }
};

const openSession = (connection: DuckDBConnection, signal: AbortSignal): DuckSession => {
  const rows = async (sql: string): Promise<Record<string, unknown>[]> =>
    interruptible(connection, signal, async () => (await connection.runAndReadAll(sql)).getRowObjectsJson());
  return {
    rows,
    async count(sql) {
      const [first] = await rows(sql);
      return Number(first === undefined ? 0 : Object.values(first)[0]);
    },
    async columns(select) {
      const limited = `SELECT * FROM (${select}) LIMIT 0`;
      const reader = await interruptible(connection, signal, async () => connection.runAndReadAll(limited));
      const types = reader.columnTypes();
      return reader.columnNames().flatMap((name, index) => {
        const type = types[index];
        return type === undefined ? [] : [{ name, type }];
      });
    },
    async *stream(select) {
      const result = await interruptible(connection, signal, async () => connection.stream(select));
      for (;;) {
        const chunk = await interruptible(connection, signal, async () => result.fetchChunk());
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk.getRows();
      }
    },
    async columnTypes(relation) {
      const described = await rows(`DESCRIBE SELECT * FROM ${relation}`);
      return new Map(described.map((row) => [String(row['column_name']), String(row['column_type'])]));
    },
    async isOneSelect(sql) {
      const statements = await connection.extractStatements(sql);
      if (statements.count !== 1) return false;
      const prepared = await statements.prepare(0);
      const isSelect = prepared.statementType === StatementType.SELECT;
      prepared.destroySync();
      return isSelect;
    },
    async seal(files) {
      await rows(`SET allowed_paths = ${literalList(files)}`);
      await rows('SET enable_external_access = false');
      await rows('SET lock_configuration = true');
    },
  };
};

/**
 * Opens a DuckDB within the stage's memory and cores, lets `use` work with it, and closes it whatever happens.
 *
 * @throws the signal's reason when it is aborted, also in the middle of a query
 */
export const withSession = async <T>(
  options: SessionOptions,
  use: (session: DuckSession) => Promise<T>,
): Promise<T> => {
  options.signal.throwIfAborted();
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: `${String(options.memory_mb)}MiB`,
    threads: String(Math.max(1, Math.ceil(options.cpu_cores))),
    temp_directory: options.spillDir,
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    await connection.run(`SET TimeZone = 'UTC'`);
    // Among the options of the instance it is shown, but not kept to.
    if (options.disk_mb !== undefined)
      await connection.run(`SET max_temp_directory_size = '${String(options.disk_mb)}MiB'`);
    return await use(openSession(connection, options.signal));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
};
