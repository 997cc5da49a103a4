import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  checkpointsAfterStage,
  type Attempt,
  type AttemptEnd,
  type AttemptHooks as RunnerHooks,
  type AttemptRunner,
} from '@phi/core';
import type { StageDirectories, StageNetwork } from '../contract/module-context.js';
import { parseHttpAllowList } from '../http/allow-list.js';
import type { AttemptHooks, AttemptLogEntry, AttemptOutcome } from './attempt-outcome.js';
import { AttemptProgress, isProgress, readProgress } from './attempt-progress.js';
import type { AttemptSpec, AttemptSpecInput } from './attempt-spec.js';
import type { ConnectedModules } from '../connectors/connect-modules.js';
import { runPipeline } from '../connectors/run-pipeline.js';
import { redactingRunner } from '../secrets/redacting-runner.js';
import { Redactor } from '../secrets/redactor.js';
import type { Secrets } from '../secrets/resolve-secrets.js';

export interface AttemptRunnerOptions extends Omit<StageDirectories, 'workdir'>, StageNetwork {
  readonly modules: ConnectedModules;
  /** What parameters may refer to by `{ secret: NAME }`. */
  readonly secrets: Secrets;
  /** Attempts get a directory of their own below this one, removed when they end. */
  readonly work_dir: string;
  /** CHECKPOINT_MAX_BYTES. */
  readonly checkpoint_max_bytes: number;
}

/** What a job gets that requests nothing: enough for the examples, little enough for a small machine. */
const DEFAULT_RESOURCES = { memory_mb: 1024, cpu_cores: 2 } as const;
/** Below this the database cannot open. */
export const LEAST_MEMORY_MB = 64;

const resourcesOf = ({ definition }: Attempt): AttemptSpec['resources'] => {
  const { memory_mb, cpu_cores, disk_mb } = definition.resources;
  return {
    memory_mb: memory_mb === 0 ? DEFAULT_RESOURCES.memory_mb : Math.max(memory_mb, LEAST_MEMORY_MB),
    cpu_cores: cpu_cores === 0 ? DEFAULT_RESOURCES.cpu_cores : cpu_cores,
    ...(disk_mb === 0 ? {} : { disk_mb }),
  };
};

const specOf = (
  attempt: Attempt,
  options: AttemptRunnerOptions,
): AttemptSpecInput & Pick<AttemptSpec, 'resume'> => ({
  execution_id: attempt.execution_id,
  job_id: attempt.definition.job_id,
  run_id: attempt.run_id,
  attempt_number: attempt.attempt_number,
  chain_id: attempt.chain_id,
  fence: attempt.fence,
  job_type: attempt.definition.job_type,
  job_revision: attempt.job_revision,
  stages: [...attempt.definition.pipeline_modules],
  parameters: { ...attempt.parameters },
  events: Array.isArray(attempt.parameters['events']) ? attempt.parameters['events'] : [],
  upstream: Object.fromEntries(
    Object.entries(attempt.upstream).map(([job, outputs]) => [job, { ...outputs }]),
  ),
  source_dir: options.source_dir,
  data_dir: options.data_dir,
  output_dir: options.output_dir,
  workdir: join(options.work_dir, encodeURIComponent(attempt.execution_id)),
  http_allow: [...options.http_allow],
  ...(options.cache === undefined ? {} : { cache: { ...options.cache } }),
  resources: resourcesOf(attempt),
  heartbeat: attempt.definition.heartbeat,
  checkpoint_interval_seconds: attempt.definition.checkpoint.checkpoint_interval_seconds,
  checkpoint_max_bytes: options.checkpoint_max_bytes,
  timeout_seconds: attempt.definition.timeout_seconds,
  resume: readProgress(attempt.checkpoint, attempt.definition.pipeline_modules),
});

const lineOf = ({ level, stage, message, fields }: AttemptLogEntry): string => {
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return [level.toUpperCase(), ...(stage === undefined ? [] : [`[${stage}]`]), message, ...rest].join(' ');
};

const crashed = (exit_code: number | null, signal: string | null, ranOutOfHeap: boolean): AttemptEnd => {
  const how = signal === null ? `with exit status ${String(exit_code)}` : `by ${signal}`;
  const byExit = signal === null ? 'EXEC_036_NO_ANSWER' : 'EXEC_014_NATIVE_CRASH';
  return {
    kind: 'failed',
    error_code: ranOutOfHeap ? 'EXEC_015_OUT_OF_MEMORY' : byExit,
    error_message: `the process of the body ended ${how} without a result`,
    crashed: true,
    ...(exit_code === null ? {} : { exit_code }),
  };
};

const failed = ({ stage, error, exit_code }: Extract<AttemptOutcome, { kind: 'failed' }>): AttemptEnd => ({
  kind: 'failed',
  error_code: error.code,
  error_message: error.message,
  ...(exit_code === undefined ? {} : { exit_code }),
  // Killed for its memory: it had no say in how it ended.
  ...(error.code === 'EXEC_015_OUT_OF_MEMORY' ? { crashed: true } : {}),
  ...(error.stack === undefined ? {} : { stack_trace: error.stack }),
  context: { ...error.data, operation: error.operation, ...(stage === undefined ? {} : { stage }) },
});

const endOf = (outcome: AttemptOutcome, ranOutOfHeap: boolean): AttemptEnd => {
  switch (outcome.kind) {
    case 'succeeded': {
      const { records_processed, records_failed, metrics, outputs } = outcome.result;
      return { kind: 'succeeded', achieved: { records_processed, records_failed, metrics, outputs } };
    }
    case 'failed':
      return failed(outcome);
    case 'timed_out':
    case 'aborted':
      return { kind: 'stopped', forced: outcome.termination_method === 'FORCED' };
    case 'crashed':
      return crashed(outcome.exit_code, outcome.signal, ranOutOfHeap);
  }
};

/** What is left behind costs space; how the attempt ended is not changed by it. */
const removeDirectory = async (workdir: string, onLog: RunnerHooks['onLog']): Promise<void> => {
  try {
    await rm(workdir, { recursive: true, force: true });
  } catch (error) {
    onLog(
      'phi',
      `WARN its directory could not be removed: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
};

class PipelineRunner implements AttemptRunner {
  readonly #options: AttemptRunnerOptions;

  constructor(options: AttemptRunnerOptions) {
    this.#options = options;
  }

  canResume(state: string): boolean {
    return isProgress(state);
  }

  async run(attempt: Attempt, given: RunnerHooks): Promise<AttemptEnd> {
    const { signal, onBeat, onLog, onProgress, onCheckpoint, onPublish, onRemoteWait, onLocalWork } = given;
    const spec = specOf(attempt, this.#options);
    const progress = new AttemptProgress(spec.resume);
    const { checkpoint } = attempt.definition;
    let ranOutOfHeap = false;
    const save: RunnerHooks['onCheckpoint'] = (saved) => {
      const answer = onCheckpoint(saved);
      // Whoever does not wait for it need not hear of it.
      answer.catch(() => undefined);
      return answer;
    };
    const hooks: AttemptHooks = {
      signal,
      onBeat,
      onProgress,
      onLog: (entry) => {
        ranOutOfHeap ||= entry.origin === 'stderr' && entry.message.includes('heap out of memory');
        onLog(entry.origin, entry.origin === 'logger' ? lineOf(entry) : entry.message);
      },
      onStageDone: (report) => {
        const text = progress.complete(report);
        if (checkpointsAfterStage(checkpoint, report.stage === spec.stages.at(-1)))
          void save({ stage: report.stage, state: text });
      },
      onPublish,
      onRemoteWait,
      onLocalWork,
      onCheckpoint: (stage, state) => save({ stage, state: progress.save(stage, state) }),
    };
    try {
      const { modules, secrets } = this.#options;
      const host = { connectorOf: (name: string) => modules.connectorOf(name), secrets };
      return endOf(await runPipeline(spec, host, hooks), ranOutOfHeap);
    } finally {
      await removeDirectory(spec.workdir, onLog);
    }
  }
}

/**
 * The engine's port for running bodies, over what drives each module; the values of secrets do not leave them.
 *
 * @throws Error naming the entry of `http_allow` that cannot be read
 */
export const createAttemptRunner = (options: AttemptRunnerOptions): AttemptRunner => {
  parseHttpAllowList(options.http_allow);
  return redactingRunner(new PipelineRunner(options), new Redactor(options.secrets));
};
