import { join } from 'node:path';
import { defineModule } from '../contract/define-module.js';
import { ingestionParametersSchema } from '../contract/ingestion-job-request.js';
import type { ColumnRule, IngestionParameters } from '../contract/ingestion-job-request.js';
import type { ModuleContext } from '../contract/module-context.js';
import { PhiError } from '@phi/core';

import type { StageResultInput, ValidationResult } from '../contract/stage-result.js';
import { stageFailure } from '../duckdb/failure.js';
import { literal } from '../duckdb/quote.js';
import { withSession } from '../duckdb/session.js';
import type { DuckSession } from '../duckdb/session.js';
import { absoluteBatchPath, batchPath } from '../files/batch-store.js';
import { measureFile, stageFile } from '../files/staged-file.js';
import type { StagedFile } from '../files/staged-file.js';
import { columnSql } from './column-sql.js';
import { readerSql } from './reader-sql.js';
import { validateSource, writeRejects } from './rejects.js';
import type { CheckedSource } from './rejects.js';
import { findSourceFiles, sourceFormat } from './source-files.js';

type Context = ModuleContext<IngestionParameters>;

const failed = (message: string): PhiError =>
  new PhiError('EXEC_001_INGESTION_FAILED', message, { operation: 'alpha.ingest' });

const declare = async (
  session: DuckSession,
  reader: string,
  columns: readonly ColumnRule[],
): Promise<CheckedSource['declared']> => {
  const described = await session.rows(`DESCRIBE SELECT * FROM ${reader}`);
  const types = new Map(described.map((row) => [String(row['column_name']), String(row['column_type'])]));
  const absent = columns.filter((column) => !types.has(column.name)).map((column) => column.name);
  if (absent.length > 0) {
    throw failed(`the source has no column ${absent.join(', ')}; it has: ${[...types.keys()].join(', ')}`);
  }
  return { columns, sql: columnSql(columns, types) };
};

const openSource = async (
  session: DuckSession,
  files: readonly string[],
  context: Context,
): Promise<CheckedSource> => {
  const { source, batch } = context.parameters;
  const format = sourceFormat(source, files);
  const reader = readerSql(format, files, source.options ?? {}, batch.columns);
  const declared = batch.columns === undefined ? undefined : await declare(session, reader, batch.columns);
  return { format, reader, declared };
};

const writeBatch = async (session: DuckSession, source: CheckedSource, path: string): Promise<number> => {
  const { declared, reader } = source;
  const select =
    declared === undefined
      ? `SELECT * FROM ${reader}`
      : `SELECT ${declared.sql.columns} FROM ${reader} WHERE (${declared.sql.failure}) IS NULL`;
  return session.count(`COPY (${select}) TO ${literal(path)} (FORMAT parquet)`);
};

const sum = (results: readonly ValidationResult[]): number =>
  results.reduce((total, result) => total + result.records_failed, 0);

interface Ingested {
  readonly good: number;
  readonly rejected: number;
  readonly files: number;
  readonly validation: ValidationResult[];
}

const ingest = async (context: Context, batch: StagedFile, rejects: StagedFile): Promise<Ingested> =>
  withSession(
    { ...context, spillDir: join(context.workdir, 'spill'), ...context.resources },
    async (session) => {
      const files = await findSourceFiles(session, context.source_dir, context.parameters.source);
      await session.seal([...files, batch.partial, rejects.partial]);
      const source = await openSource(session, files, context);
      const good = await writeBatch(session, source, batch.partial);
      context.progress(good);
      const validation = await validateSource(session, source);
      const rejected = sum(validation);
      if (rejected > 0) await writeRejects(session, source, rejects.partial);
      return { good, rejected, files: files.length, validation };
    },
  );

const publish = async (
  context: Context,
  done: Ingested,
  batch: StagedFile,
  rejects: StagedFile,
): Promise<void> => {
  const { max_rejected } = context.parameters.batch;
  if (done.rejected > 0) await rejects.publish();
  if (max_rejected !== undefined && done.rejected > max_rejected) {
    throw failed(
      `${String(done.rejected)} records were rejected, more than batch.max_rejected (${String(max_rejected)}); ` +
        `they are in ${batchPath(context, 'rejects.ndjson')}`,
    );
  }
  await batch.publish();
};

const toResult = async (context: Context, done: Ingested, batch: StagedFile): Promise<StageResultInput> => {
  const { bytes } = await measureFile(batch.target);
  const total = done.good + done.rejected;
  context.logger.info('batch ingested', { records: done.good, rejected: done.rejected, bytes });
  return {
    records_processed: total,
    records_failed: done.rejected,
    metrics: { source_files: done.files, batch_bytes: bytes },
    outputs: {
      batch: batchPath(context, 'parquet'),
      ...(done.rejected > 0 ? { rejects: batchPath(context, 'rejects.ndjson') } : {}),
    },
    validation_results: done.validation,
    quality_score: total === 0 ? 1 : done.good / total,
  };
};

/**
 * ALPHA: ingests files (CSV, JSON, NDJSON, Parquet) as one Parquet batch, checks declared columns, and keeps what it
 * rejects (specification, Module Alpha Integration).
 */
export const alpha = defineModule({
  name: 'ALPHA',
  parameters: ingestionParametersSchema,
  async run(context) {
    const batch = await stageFile(
      absoluteBatchPath(context, batchPath(context, 'parquet')),
      context.execution_id,
    );
    const rejects = await stageFile(
      absoluteBatchPath(context, batchPath(context, 'rejects.ndjson')),
      context.execution_id,
    );
    try {
      const done = await ingest(context, batch, rejects);
      await publish(context, done, batch, rejects);
      return await toResult(context, done, batch);
    } catch (error) {
      throw stageFailure(error, 'EXEC_001_INGESTION_FAILED', 'alpha.ingest', context.signal);
    } finally {
      await Promise.all([batch.discard(), rejects.discard()]);
    }
  },
});
