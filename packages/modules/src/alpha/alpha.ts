import { join } from 'node:path';
import { defineModule } from '../contract/define-module.js';
import { httpOptionsSchema, ingestionParametersSchema } from '../contract/ingestion-job-request.js';
import type { IngestionParameters } from '../contract/ingestion-job-request.js';
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
import { checkedColumns } from './column-sql.js';
import { fetchSources } from './fetch-source.js';
import { openSource, readySource } from './open-source.js';
import type { OpenedSource } from './opened-source.js';
import { validateSource, writeRejects } from './rejects.js';
import type { CheckedSource } from './rejects.js';
import { findSourceFiles, sourceFormat } from './source-files.js';
import type { SourceFile } from './source-files.js';
import { unpackSources } from './unpack-source.js';

type Context = ModuleContext<IngestionParameters>;

const failed = (message: string): PhiError =>
  new PhiError('EXEC_001_INGESTION_FAILED', message, { operation: 'alpha.ingest' });

/** The declared columns and the rules for them; a source that does not have them all, or others that it may not have, is refused. */
const declare = (
  opened: OpenedSource,
  { columns, unknown_columns }: IngestionParameters['batch'],
): CheckedSource['declared'] => {
  if (columns === undefined) return undefined;
  const names = [...opened.types.keys()];
  const declared = new Set(columns.map(({ name }) => name));
  const absent = [...declared].filter((name) => !opened.types.has(name));
  if (absent.length > 0)
    throw failed(`the source has no column ${absent.join(', ')}; it has: ${names.join(', ')}`);
  const others = names.filter((name) => !declared.has(name));
  if (unknown_columns === 'REJECT' && others.length > 0) {
    throw failed(
      `the source has columns that batch.columns does not name (unknown_columns: REJECT): ${others.join(', ')}`,
    );
  }
  const kept = unknown_columns === 'KEEP' ? others : [];
  return { columns, sql: checkedColumns(opened.relation, columns, opened.types, kept) };
};

const writeBatch = async (
  session: DuckSession,
  { relation }: OpenedSource,
  declared: CheckedSource['declared'],
  path: string,
): Promise<number> => {
  const select =
    declared === undefined
      ? `SELECT * FROM ${relation}`
      : `SELECT ${declared.sql.columns} FROM ${declared.sql.relation} WHERE ${declared.sql.failure} IS NULL`;
  return session.count(`COPY (${select}) TO ${literal(path)} (FORMAT parquet)`);
};

/** The files of the source on this machine, unpacked. */
const findFiles = async (session: DuckSession, context: Context): Promise<SourceFile[]> => {
  const { source } = context.parameters;
  const directory = join(context.workdir, 'source');
  const { signal, http_allow } = context;
  const { max_bytes: maxBytes } = source;
  const urls = source.urls ?? (source.url === undefined ? undefined : [source.url]);
  const files =
    urls === undefined
      ? await findSourceFiles(session, context.source_dir, source)
      : await fetchSources({
          urls,
          http: httpOptionsSchema.parse(source.http ?? {}),
          maxBytes,
          http_allow,
          directory,
          signal,
          onFetched: (name, bytes) => {
            context.logger.info('source fetched', { source: name, bytes });
            context.progress(0);
          },
        });
  return unpackSources(files, { maxBytes, directory: join(context.workdir, 'unpacked'), signal });
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
      const files = await findFiles(session, context);
      const format = sourceFormat(context.parameters.source, files);
      const ready = await readySource(files, format, context.workdir, context.signal);
      await session.seal([
        ...ready.files.map(({ path }) => path),
        ...(ready.rejects === undefined ? [] : [ready.rejects]),
        batch.partial,
        rejects.partial,
      ]);
      const opened = await openSource(session, ready, context.parameters);
      const declared = declare(opened, context.parameters.batch);
      const source: CheckedSource = { files, declared, broken: opened.broken };
      const good = await writeBatch(session, opened, declared, batch.partial);
      context.progress(good);
      const validation = await validateSource(session, source);
      const rejected = sum(validation);
      context.progress(good + rejected);
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
  for (const { check, records_failed, message } of done.validation.filter((one) => one.status === 'FAILED'))
    context.logger.warn('records rejected', { check, records: records_failed, example: message ?? null });
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
 * ALPHA: ingests files and what is behind URLs (CSV, JSON, NDJSON, Parquet) as one Parquet batch, checks declared columns, and keeps what it
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
