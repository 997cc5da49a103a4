import { rm } from 'node:fs/promises';

import type { Attempt, AttemptEnd, AttemptHooks, AttemptRunner } from '@phi/core';
import type { AttemptLogEntry, AttemptOutcome, AttemptSpecInput, RunnerPool, StageReport } from '@phi/modules';

import type { ExecutorConfig } from './config.js';

/** What a checkpoint between stages holds. */
type Resume = NonNullable<AttemptSpecInput['resume']>;

/** Below this a child cannot work: a smaller request gets as much, in megabytes. */
const LEAST_MEMORY_MB = 1024;
const LEAST_CPU_CORES = 1;

/** Runs attempts in the warm child processes of `@phi/modules`. */
export class ModuleRunner implements AttemptRunner {
  constructor(
    private readonly pool: RunnerPool,
    private readonly config: ExecutorConfig,
  ) {}

  async run(attempt: Attempt, hooks: AttemptHooks): Promise<AttemptEnd> {
    const workdir = `${this.config.workDir}/${attempt.execution_id}`;
    const resume = readResume(attempt.checkpoint);
    const progress = new Progress(resume, hooks);
    try {
      const outcome = await this.pool.run(this.specOf(attempt, workdir, resume), {
        signal: hooks.signal,
        onLog: (entry) => hooks.onLog(entry.origin, lineOf(entry)),
        onStageDone: (report) => progress.stageDone(report),
        onCheckpoint: (stage, state) => progress.saved(stage, state),
      });
      return endOf(outcome);
    } finally {
      await rm(workdir, { recursive: true, force: true });
    }
  }

  private specOf(attempt: Attempt, workdir: string, resume: Resume): AttemptSpecInput {
    const { definition } = attempt;
    return {
      execution_id: attempt.execution_id,
      job_id: definition.job_id,
      run_id: attempt.run_id,
      attempt_number: attempt.attempt_number,
      stages: definition.pipeline_modules,
      parameters: { ...attempt.parameters },
      upstream: Object.fromEntries(Object.entries(attempt.upstream).map(([jobId, outputs]) => [jobId, { ...outputs }])),
      source_dir: this.config.sourceDir,
      data_dir: this.config.batchDir,
      output_dir: this.config.outputDir,
      workdir,
      resources: {
        memory_mb: Math.max(definition.resources.memory_mb, LEAST_MEMORY_MB),
        cpu_cores: Math.max(definition.resources.cpu_cores, LEAST_CPU_CORES),
      },
      checkpoint_interval_seconds: definition.checkpoint.checkpoint_interval_seconds,
      resume,
    };
  }
}

/** What an attempt has saved so far, handed on whole at every change. */
class Progress {
  private resume: Resume;

  constructor(
    resume: Resume,
    private readonly hooks: AttemptHooks,
  ) {
    this.resume = resume;
  }

  stageDone(report: StageReport): void {
    this.save({ completed_stages: [...(this.resume.completed_stages ?? []), report] });
  }

  saved(stage: string, state: string): void {
    this.save({ ...this.resume, checkpoint: { stage, state } });
  }

  private save(resume: Resume): void {
    this.resume = resume;
    this.hooks.onCheckpoint(JSON.stringify(resume));
  }
}

function readResume(checkpoint: string | undefined): Resume {
  return checkpoint === undefined ? { completed_stages: [] } : (JSON.parse(checkpoint) as Resume);
}

function lineOf(entry: AttemptLogEntry): string {
  const stage = entry.stage === undefined ? '' : `[${entry.stage}] `;
  const fields = Object.keys(entry.fields).length === 0 ? '' : ` ${JSON.stringify(entry.fields)}`;
  return `${stage}${entry.message}${fields}`;
}

function endOf(outcome: AttemptOutcome): AttemptEnd {
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'succeeded', achieved: outcome.result };
    case 'failed':
      return { kind: 'failed', error_code: outcome.error.code, error_message: outcome.error.message };
    case 'timed_out':
    case 'aborted':
      return { kind: 'stopped', forced: outcome.termination_method === 'FORCED' };
    case 'crashed':
      return crashed(outcome.exit_code, outcome.signal);
  }
}

function crashed(exitCode: number | null, signal: string | null): AttemptEnd {
  const how = signal === null ? `exit status ${String(exitCode)}` : `signal ${signal}`;
  const end = { kind: 'failed', error_code: 'EXEC_009_PROCESS_CRASHED', error_message: `the body's process ended without a result: ${how}` } as const;
  return exitCode === null ? end : { ...end, exit_code: exitCode };
}
