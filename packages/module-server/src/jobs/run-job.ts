import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { findErrorCode } from '@phi/core';
import {
  LEAST_MEMORY_MB,
  type AttemptOutcome,
  type AttemptSpecInput,
  type JobError,
  type JobRequest,
  type RunnerPool,
} from '@phi/modules';

import type { Directories } from '../module-server-options.js';
import type { Job } from './job.js';
import type { JobEnd, JournalEntry } from './journal-entry.js';

/** What running a job needs. */
export interface JobHost {
  readonly pool: Pick<RunnerPool, 'run'>;
  readonly directories: Directories;
  /** Keeps what a body has saved. */
  readonly keep: (entry: JournalEntry) => void;
}

const CODE_LENGTH = 128;
const MESSAGE_LENGTH = 16_384;

/** The earlier stages of the execution as the runner has them: done, with nothing known of them but their outputs. */
function doneStages({ inputs }: JobRequest): NonNullable<AttemptSpecInput['resume']>['completed_stages'] {
  return Object.entries(inputs.stages).map(([stage, outputs]) => ({
    stage,
    duration_seconds: 0,
    result: { records_processed: 0, records_failed: 0, outputs },
  }));
}

function specOf(
  request: JobRequest,
  module: string,
  ref: string,
  directories: Directories,
): AttemptSpecInput {
  const { execution_context: context, resources, checkpoint } = request;
  return {
    execution_id: context.execution_id,
    job_id: context.job_id,
    run_id: context.run_id,
    attempt_number: context.attempt_number,
    chain_id: context.chain_id,
    fence: context.fence,
    job_type: request.type,
    job_revision: 0,
    stages: [...Object.keys(request.inputs.stages), module],
    parameters: { [module]: request.parameters },
    upstream: request.inputs.jobs,
    source_dir: directories.source,
    data_dir: directories.data,
    output_dir: directories.output,
    workdir: join(directories.work, ref),
    ...(resources === undefined
      ? {}
      : {
          resources: {
            memory_mb: Math.max(LEAST_MEMORY_MB, Math.floor(resources.memory_mb)),
            cpu_cores: resources.cpu_cores,
          },
        }),
    ...(request.checkpoint_interval_seconds === undefined
      ? {}
      : { checkpoint_interval_seconds: request.checkpoint_interval_seconds }),
    resume: {
      completed_stages: doneStages(request),
      ...(checkpoint === undefined ? {} : { checkpoint: { stage: module, state: checkpoint } }),
    },
  };
}

/** A job that failed for a reason of Phi's, or of the module's own. */
export function failed(code: string, message: string, category?: JobError['category']): JobEnd {
  return {
    state: 'FAILED',
    error: {
      code: code.slice(0, CODE_LENGTH),
      message: message.slice(0, MESSAGE_LENGTH),
      category: category ?? findErrorCode(code)?.error_category ?? 'PERMANENT',
    },
  };
}

function crashed({ exit_code, signal }: Extract<AttemptOutcome, { kind: 'crashed' }>): JobEnd {
  const how = signal === null ? `with exit status ${String(exit_code)}` : `by ${signal}`;
  return failed(
    signal === null ? 'EXEC_036_NO_ANSWER' : 'EXEC_014_NATIVE_CRASH',
    `the process of the body ended ${how} without a result`,
  );
}

/** @param stopped how a job ends that was stopped */
function endOf(outcome: AttemptOutcome, module: string, stopped: () => JobEnd): JobEnd {
  switch (outcome.kind) {
    case 'succeeded': {
      const report = outcome.result.stages.at(-1);
      if (report?.stage !== module) throw new Error(`no result of ${module} came back`);
      return { state: 'SUCCEEDED', result: report.result };
    }
    case 'failed':
      return failed(outcome.error.code, outcome.error.message);
    case 'crashed':
      return crashed(outcome);
    case 'timed_out':
    case 'aborted':
      return stopped();
  }
}

/**
 * Runs a job to its end in a child process.
 *
 * @param signal - stops it
 * @param stopped - how it ends then
 * @returns its end, once nothing of it runs any more
 */
export async function runJob(
  job: Job,
  request: JobRequest,
  module: string,
  { pool, directories, keep }: JobHost,
  signal: AbortSignal,
  stopped: () => JobEnd,
): Promise<JobEnd> {
  const spec = specOf(request, module, job.identity.ref, directories);
  try {
    const outcome = await pool.run(spec, {
      signal,
      onLog: ({ level, message }) => job.log.add(level, message),
      onProgress: (_stage, records) => job.progress(records),
      onCheckpoint: (_stage, state) => {
        keep(job.save(typeof state === 'string' ? state : JSON.stringify(state)));
        return Promise.resolve();
      },
      onPublish: (dataset) => keep(job.publish(dataset)),
    });
    return endOf(outcome, module, stopped);
  } catch (error) {
    return failed('EXEC_006_MODULE_FAILED', error instanceof Error ? error.message : String(error));
  } finally {
    await rm(spec.workdir, { recursive: true, force: true });
  }
}
