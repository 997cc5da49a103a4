import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { defineModule } from '../contract/define-module.js';
import type { ModuleContext } from '../contract/module-context.js';
import { PhiError } from '@phi/core';

import { transformationParametersSchema } from '../contract/transformation-job-request.js';
import type { TransformationParameters } from '../contract/transformation-job-request.js';
import { stageFailure } from '../duckdb/failure.js';
import { identifier, literal } from '../duckdb/quote.js';
import { withSession } from '../duckdb/session.js';
import type { DuckSession } from '../duckdb/session.js';
import { absoluteBatchPath, batchPath, findBatch } from '../files/batch-store.js';
import { withCaches } from '../epsilon/open-cache.js';
import { measureFile, stageFile } from '../files/staged-file.js';
import type { StagedFile } from '../files/staged-file.js';
import type { StageResultInput } from '../contract/stage-result.js';
import { enrich, filesOf, planEnrichments } from './enrich.js';
import type { PlannedEnrichment } from './enrich.js';
import { demandQuality, measureQuality } from './quality.js';
import type { Measured } from './quality.js';

type Context = ModuleContext<TransformationParameters>;

/** View name → absolute path of its batch. */
const findInputs = async (context: Context): Promise<ReadonlyMap<string, string>> => {
  const { inputs } = context.parameters;
  if (inputs === undefined)
    return new Map([['input', await findBatch(undefined, context, 'parameters.BETA.inputs')]]);
  const found = new Map<string, string>();
  for (const [name, reference] of Object.entries(inputs)) {
    found.set(name, await findBatch(reference, context, `parameters.BETA.inputs.${name}`));
  }
  return found;
};

const createViews = async (session: DuckSession, inputs: ReadonlyMap<string, string>): Promise<number> => {
  let records = 0;
  for (const [name, path] of inputs) {
    await session.rows(`CREATE VIEW ${identifier(name)} AS SELECT * FROM read_parquet(${literal(path)})`);
    records += await session.count(`SELECT count(*) FROM ${identifier(name)}`);
  }
  return records;
};

/**
 * The author's statement must be one SELECT: the session may write the result's file and read the inputs', and a
 * `COPY` of the author's own would be let through to them.
 */
const checkedSql = async (session: DuckSession, sql: string): Promise<string> => {
  if (!(await session.isOneSelect(sql))) {
    throw new PhiError(
      'EXEC_005_INVALID_CONFIG',
      'parameters.BETA.profile.sql: expected exactly one SELECT',
      {
        operation: 'beta.check',
      },
    );
  }
  return sql.replace(/[\s;]+$/, '');
};

interface Transformed {
  readonly records: number;
  readonly produced: number;
  /** Left out because a cache has no record for them. */
  readonly rejected: number;
  readonly quality: Measured | undefined;
}

const writeRejects = async (
  session: DuckSession,
  rejected: readonly string[],
  path: string,
): Promise<number> =>
  rejected.length === 0
    ? 0
    : session.count(`COPY (${rejected.join(' UNION ALL ')}) TO ${literal(path)} (FORMAT json)`);

/** Runs the work with the caches that it needs, and without a connection to any if it needs none. */
const withEnrichment = async (
  context: Context,
  session: DuckSession,
  planned: readonly PlannedEnrichment[],
): Promise<string[]> =>
  planned.length === 0 ? [] : withCaches(context, async (caches) => enrich(session, planned, caches));

const transform = async (context: Context, batch: StagedFile, rejects: StagedFile): Promise<Transformed> => {
  const { profile, quality } = context.parameters;
  const inputs = await findInputs(context);
  const planned = await planEnrichments(context, [...inputs.keys()]);
  return withSession(
    { ...context, spillDir: join(context.workdir, 'spill'), ...context.resources },
    async (session) => {
      await session.seal([...inputs.values(), ...filesOf(planned), batch.partial, rejects.partial]);
      const records = await createViews(session, inputs);
      const missing = await withEnrichment(context, session, planned);
      const rejected = await writeRejects(session, missing, rejects.partial);
      const sql = await checkedSql(session, profile.sql);
      // The statement stands on lines of its own, so that a comment at its end does not swallow what follows.
      const produced = await session.count(`COPY (\n${sql}\n) TO ${literal(batch.partial)} (FORMAT parquet)`);
      context.progress(records);
      const measured =
        quality === undefined ? undefined : await measureQuality(session, batch.partial, quality);
      return { records, produced, rejected, quality: measured };
    },
  );
};

const toResult = async (
  context: Context,
  done: Transformed,
  batch: StagedFile,
): Promise<StageResultInput> => {
  const { records, produced, rejected, quality } = done;
  const { bytes } = await measureFile(batch.target);
  context.logger.info('batch transformed', { records_in: records, records_out: produced, rejected, bytes });
  return {
    records_processed: records,
    records_failed: rejected,
    metrics: { records_out: produced, batch_bytes: bytes },
    outputs: {
      [context.parameters.output.name]: batchPath(context, 'parquet'),
      ...(rejected > 0 ? { rejects: batchPath(context, 'rejects.ndjson') } : {}),
    },
    ...(quality === undefined
      ? {}
      : { quality_score: quality.score, validation_results: quality.validation }),
  };
};

/**
 * BETA: transforms batches with SQL into one Parquet batch, with columns from lookup caches where the job asks for them, and says how good
 * the result is. The statement sees its inputs as views and nothing else: no file, no network, no setting (specification, Module Beta
 * Integration).
 */
export const beta = defineModule({
  name: 'BETA',
  parameters: transformationParametersSchema,
  async run(context) {
    const stage = async (extension: string): Promise<StagedFile> =>
      stageFile(absoluteBatchPath(context, batchPath(context, extension)), context.execution_id);
    const batch = await stage('parquet');
    const rejects = await stage('rejects.ndjson');
    try {
      await mkdir(context.workdir, { recursive: true });
      const done = await transform(context, batch, rejects);
      const { quality } = context.parameters;
      if (quality !== undefined && done.quality !== undefined) demandQuality(done.quality, quality);
      if (done.rejected > 0) await rejects.publish();
      await batch.publish();
      return await toResult(context, done, batch);
    } catch (error) {
      throw stageFailure(error, 'EXEC_003_TRANSFORM_FAILED', 'beta.transform', context.signal);
    } finally {
      await Promise.all([batch.discard(), rejects.discard()]);
    }
  },
});
