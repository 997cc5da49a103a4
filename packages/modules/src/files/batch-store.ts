import { join, posix } from 'node:path';
import type { BatchReference } from '../contract/batch-reference.js';
import type { ModuleContext, Outputs, StageInputs } from '../contract/module-context.js';
import { PhiError } from '@phi/core';

import { containedPath } from './contained-path.js';

type Batched = Pick<ModuleContext<unknown>, 'data_dir' | 'execution_id' | 'job_id' | 'stage'>;

/**
 * Where a stage publishes a batch, relative to the data directory, with `/` on every platform. It follows from the
 * execution and the stage alone, so a repeated attempt publishes to the same place.
 */
export const batchPath = (context: Batched, extension: string): string =>
  posix.join(
    'batches',
    encodeURIComponent(context.job_id),
    `${encodeURIComponent(context.execution_id)}-${encodeURIComponent(context.stage)}.${extension}`,
  );

export const absoluteBatchPath = (context: Batched, path: string): string => join(context.data_dir, path);

const missing = (field: string, reason: string): PhiError =>
  new PhiError('EXEC_005_INVALID_CONFIG', `${field}: ${reason}`, {
    operation: 'batch.find',
    data: { field },
  });

const listOf = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join(', '));

const referenced = (reference: BatchReference, inputs: StageInputs, field: string): string => {
  const [kind, name, all] =
    'job' in reference
      ? (['job', reference.job, inputs.jobs] as const)
      : (['stage', reference.stage, inputs.stages] as const);
  const outputs = all[name];
  if (outputs === undefined) {
    throw missing(
      field,
      `${kind} "${name}" published nothing for this execution; there is: ${listOf(Object.keys(all))}`,
    );
  }
  const path = outputs[reference.output];
  if (path === undefined) {
    throw missing(
      field,
      `${kind} "${name}" has no output "${reference.output}"; it has: ${listOf(Object.keys(outputs))}`,
    );
  }
  return path;
};

/** What is meant where the author names no input: the previous stage's batch, else the only upstream job's. */
const obvious = (inputs: StageInputs, field: string): string => {
  const withBatch = (all: Readonly<Record<string, Outputs>>): string[] =>
    Object.values(all).flatMap((outputs) => outputs['batch'] ?? []);
  const previous = withBatch(inputs.stages).at(-1);
  if (previous !== undefined) return previous;
  const upstream = withBatch(inputs.jobs);
  const [only] = upstream;
  if (only === undefined || upstream.length > 1) {
    throw missing(
      field,
      `left out, but there is not exactly one batch to take (${String(upstream.length)} upstream jobs published one); ` +
        'name it: {job: <job_id>, output: batch}',
    );
  }
  return only;
};

/**
 * The absolute path of a batch that an earlier stage or an upstream job published.
 *
 * @param reference undefined for the obvious one
 * @param field the parameter that refers to it, for the message
 * @throws PhiError EXEC_005_INVALID_CONFIG if there is no such batch
 */
export const findBatch = async (
  reference: BatchReference | undefined,
  context: Batched & Pick<ModuleContext<unknown>, 'inputs'>,
  field: string,
): Promise<string> => {
  const path =
    reference === undefined ? obvious(context.inputs, field) : referenced(reference, context.inputs, field);
  return containedPath(context.data_dir, path, field);
};
