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
import { measureFile, stageFile } from '../files/staged-file.js';

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

const transform = async (
  context: Context,
  partial: string,
): Promise<{ records: number; produced: number }> => {
  const inputs = await findInputs(context);
  return withSession(
    { ...context, spillDir: join(context.workdir, 'spill'), ...context.resources },
    async (session) => {
      await session.seal([...inputs.values(), partial]);
      const records = await createViews(session, inputs);
      const sql = await checkedSql(session, context.parameters.profile.sql);
      // The statement stands on lines of its own, so that a comment at its end does not swallow what follows.
      const produced = await session.count(`COPY (\n${sql}\n) TO ${literal(partial)} (FORMAT parquet)`);
      context.progress(records);
      return { records, produced };
    },
  );
};

/**
 * BETA: transforms batches with SQL into one Parquet batch. The statement sees its inputs as views and nothing else:
 * no file, no network, no setting (specification, Module Beta Integration).
 */
export const beta = defineModule({
  name: 'BETA',
  parameters: transformationParametersSchema,
  async run(context) {
    const path = batchPath(context, 'parquet');
    const batch = await stageFile(absoluteBatchPath(context, path), context.execution_id);
    try {
      const { records, produced } = await transform(context, batch.partial);
      await batch.publish();
      const { bytes } = await measureFile(batch.target);
      context.logger.info('batch transformed', { records_in: records, records_out: produced, bytes });
      return {
        records_processed: records,
        records_failed: 0,
        metrics: { records_out: produced, batch_bytes: bytes },
        outputs: { [context.parameters.output.name]: path },
      };
    } catch (error) {
      throw stageFailure(error, 'EXEC_003_TRANSFORM_FAILED', 'beta.transform', context.signal);
    } finally {
      await batch.discard();
    }
  },
});
