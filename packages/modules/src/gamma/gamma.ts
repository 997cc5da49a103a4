import { access } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { defineModule } from '../contract/define-module.js';
import type { ModuleContext } from '../contract/module-context.js';
import { PhiError } from '@phi/core';

import { outputParametersSchema } from '../contract/output-job-request.js';
import type { Destination, OutputFormat, OutputParameters } from '../contract/output-job-request.js';
import type { DeliveryAcknowledgement } from '../contract/stage-result.js';
import { stageFailure } from '../duckdb/failure.js';
import { literal } from '../duckdb/quote.js';
import { withSession } from '../duckdb/session.js';
import type { DuckSession } from '../duckdb/session.js';
import { findBatch } from '../files/batch-store.js';
import { containedPath } from '../files/contained-path.js';
import { measureFile, stageFile } from '../files/staged-file.js';
import type { StagedFile } from '../files/staged-file.js';

type Context = ModuleContext<OutputParameters>;

const COPY_OPTIONS = {
  CSV: 'FORMAT csv, HEADER',
  JSON: 'FORMAT json, ARRAY true',
  NDJSON: 'FORMAT json',
  PARQUET: 'FORMAT parquet',
} as const satisfies Record<OutputFormat, string>;

const FORMAT_BY_EXTENSION: Readonly<Record<string, OutputFormat>> = {
  '.csv': 'CSV',
  '.json': 'JSON',
  '.ndjson': 'NDJSON',
  '.jsonl': 'NDJSON',
  '.parquet': 'PARQUET',
};

interface Delivery {
  readonly destination: string;
  readonly path: string;
  readonly format: OutputFormat;
  readonly file: StagedFile;
}

const formatOf = (destination: Destination, field: string): OutputFormat => {
  const format = destination.format ?? FORMAT_BY_EXTENSION[extname(destination.path).toLowerCase()];
  if (format === undefined) {
    throw new PhiError(
      'EXEC_005_INVALID_CONFIG',
      `${field}.format: left out, and the path's extension does not tell it; accepted: CSV, JSON, NDJSON, PARQUET`,
      { operation: 'gamma.plan' },
    );
  }
  return format;
};

const refuseExisting = async (target: string, field: string): Promise<void> => {
  const exists = await access(target).then(
    () => true,
    () => false,
  );
  if (exists) {
    throw new PhiError(
      'EXEC_004_OUTPUT_FAILED',
      `${field}.path: ${target} is there already (if_exists: FAIL)`,
      {
        operation: 'gamma.plan',
      },
    );
  }
};

const plan = async (context: Context): Promise<Delivery[]> => {
  const { destinations, delivery } = context.parameters;
  const planned: Delivery[] = [];
  for (const [index, destination] of destinations.entries()) {
    const field = `parameters.GAMMA.destinations.${String(index)}`;
    const format = formatOf(destination, field);
    const target = await containedPath(context.output_dir, destination.path, `${field}.path`);
    if (delivery.if_exists === 'FAIL') await refuseExisting(target, field);
    const file = await stageFile(target, context.execution_id);
    planned.push({ destination: destination.name ?? destination.path, path: destination.path, format, file });
  }
  return planned;
};

const writeAll = async (
  session: DuckSession,
  input: string,
  deliveries: readonly Delivery[],
): Promise<DeliveryAcknowledgement[]> => {
  const written: DeliveryAcknowledgement[] = [];
  for (const { destination, path, format, file } of deliveries) {
    const records = await session.count(
      `COPY (SELECT * FROM read_parquet(${literal(input)})) TO ${literal(file.partial)} (${COPY_OPTIONS[format]})`,
    );
    written.push({ destination, path, format, records, ...(await measureFile(file.partial)) });
  }
  return written;
};

const deliver = async (
  context: Context,
  deliveries: readonly Delivery[],
): Promise<DeliveryAcknowledgement[]> => {
  const input = await findBatch(context.parameters.input, context, 'parameters.GAMMA.input');
  const session = { ...context, spillDir: join(context.workdir, 'spill'), ...context.resources };
  const acknowledgements = await withSession(session, async (duck) => {
    await duck.seal([input, ...deliveries.map(({ file }) => file.partial)]);
    return writeAll(duck, input, deliveries);
  });
  // All of them whole before the first gets its name: a failure leaves every destination as it was.
  for (const { file } of deliveries) await file.publish();
  return acknowledgements;
};

/**
 * GAMMA: writes a batch to files (CSV, JSON, NDJSON, Parquet), each replaced in one step, and acknowledges every
 * delivery with its size and checksum (specification, Module Gamma Integration).
 */
export const gamma = defineModule({
  name: 'GAMMA',
  parameters: outputParametersSchema,
  async run(context) {
    const deliveries = await plan(context);
    try {
      const acknowledgements = await deliver(context, deliveries);
      const records = acknowledgements[0]?.records ?? 0;
      context.progress(records);
      for (const { path, bytes } of acknowledgements)
        context.logger.info('delivered', { path, records, bytes });
      return {
        records_processed: records,
        records_failed: 0,
        metrics: { destinations: acknowledgements.length },
        outputs: Object.fromEntries(acknowledgements.map(({ destination, path }) => [destination, path])),
        delivery_acknowledgements: acknowledgements,
      };
    } catch (error) {
      throw stageFailure(error, 'EXEC_004_OUTPUT_FAILED', 'gamma.deliver', context.signal);
    } finally {
      await Promise.all(deliveries.map(async ({ file }) => file.discard()));
    }
  },
});
