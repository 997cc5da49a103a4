import { access } from 'node:fs/promises';
import { extname } from 'node:path';
import { PhiError } from '@phi/core';
import type { FileAcknowledgement } from '../contract/delivery-acknowledgement.js';
import { destinationName } from '../contract/destination.js';
import type { FileDestination, OutputFormat } from '../contract/destination.js';
import { literal } from '../duckdb/quote.js';
import type { DuckSession } from '../duckdb/session.js';
import { containedPath } from '../files/contained-path.js';
import { measureFile, stageFile } from '../files/staged-file.js';
import type { StagedFile } from '../files/staged-file.js';
import type { GammaContext } from './delivery.js';

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

/** A file that is to be written. */
export interface FileDelivery {
  readonly destination: string;
  readonly path: string;
  readonly format: OutputFormat;
  readonly file: StagedFile;
}

/** A destination with its path in the parameters, for messages. */
export interface Planned<D> {
  readonly destination: D;
  readonly field: string;
}

const formatOf = (destination: FileDestination, field: string): OutputFormat => {
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

/** Checks every file destination before any is written. */
export const planFiles = async (
  planned: readonly Planned<FileDestination>[],
  context: GammaContext,
): Promise<readonly FileDelivery[]> => {
  const deliveries: FileDelivery[] = [];
  for (const { destination, field } of planned) {
    const format = formatOf(destination, field);
    const target = await containedPath(context.output_dir, destination.path, `${field}.path`);
    if (context.parameters.delivery.if_exists === 'FAIL') await refuseExisting(target, field);
    const file = await stageFile(target, context.execution_id);
    deliveries.push({ destination: destinationName(destination), path: destination.path, format, file });
  }
  return deliveries;
};

/**
 * Writes the files: all of them whole before the first gets its name, so that a failure leaves every one as it was.
 *
 * @param input absolute path of the batch
 * @param acknowledge told of each once it has its name
 */
export const writeFiles = async (
  session: DuckSession,
  input: string,
  deliveries: readonly FileDelivery[],
  acknowledge: (acknowledgement: FileAcknowledgement) => void,
): Promise<void> => {
  const written: FileAcknowledgement[] = [];
  for (const { destination, path, format, file } of deliveries) {
    const records = await session.count(
      `COPY (SELECT * FROM read_parquet(${literal(input)})) TO ${literal(file.partial)} (${COPY_OPTIONS[format]})`,
    );
    written.push({ type: 'FILE', destination, path, format, records, ...(await measureFile(file.partial)) });
  }
  for (const [index, { file }] of deliveries.entries()) {
    await file.publish();
    const acknowledgement = written[index];
    if (acknowledgement !== undefined) acknowledge(acknowledgement);
  }
};
