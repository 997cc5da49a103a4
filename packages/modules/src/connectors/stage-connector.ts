import type { Bodies } from '@phi/core';
import { performance } from 'node:perf_hooks';
import { reportError } from '../contract/error-report.js';
import type { ExecutionContext } from '../contract/execution-context.js';
import type { StageDirectories, StageInputs, StageResources } from '../contract/module-context.js';
import { parseStageResult, type StageResult } from '../contract/stage-result.js';
import { stoppedOutcome, type AttemptHooks, type AttemptOutcome } from '../runner/attempt-outcome.js';
import { summarizeStages } from '../runner/attempt-result.js';
import { Gate } from '../runner/gate.js';
import { attemptSpecSchema, type AttemptSpec } from '../runner/attempt-spec.js';
import { inputsOf } from '../runner/run-stages.js';
import type { Connector } from './connector.js';
import { watchProgress } from './watch-progress.js';

/** One stage of one attempt, for a module that does not run in this process. */
export interface StageCall extends ExecutionContext, StageDirectories {
  /** The first attempt's id: the same over all attempts. */
  readonly chain_id: string;
  /** Grows with every attempt: what has seen a higher one refuses a lower one. */
  readonly fence: number;
  /** The module's name in `pipeline_modules`. */
  readonly stage: string;
  readonly job_type: string;
  /** `parameters.<module>`, with its secrets. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly inputs: StageInputs;
  readonly resources: StageResources;
  /** Rule 14. */
  readonly checkpoint_interval_seconds: number;
  /** How long the attempt may take in all. */
  readonly timeout_seconds: number | undefined;
  /** What an earlier attempt of this stage saved last. */
  readonly checkpoint: string | undefined;
}

/** How a stage ended. */
export type StageOutcome =
  | { readonly kind: 'succeeded'; readonly result: StageResult }
  | Exclude<AttemptOutcome, { readonly kind: 'succeeded' }>;

/** What differs from kind to kind among connectors that take one stage at a time. */
export interface StageDriver {
  /** See {@link Connector}. */
  readonly isRemote: boolean;
  /** See {@link Connector}. */
  readonly keepsReferences?: boolean;
  /** See {@link Connector}. */
  readonly bodies?: Bodies;
  /**
   * @throws whatever it meets: it is reported as the stage's failure
   * @returns what the module reported, of any shape: it is checked; or how it ended otherwise
   */
  runStage(call: StageCall, hooks: AttemptHooks): Promise<{ readonly reported: unknown } | StageOutcome>;
  close(): Promise<void>;
}

/** What is not text is handed over as its JSON. */
const textOf = (saved: AttemptSpec['resume']['checkpoint'], stage: string): string | undefined => {
  if (saved?.stage !== stage) return undefined;
  return typeof saved.state === 'string' ? saved.state : JSON.stringify(saved.state);
};

const callOf = (spec: AttemptSpec, stage: string): StageCall => {
  const { resume, parameters } = spec;
  const own = parameters[stage];
  return {
    execution_id: spec.execution_id,
    job_id: spec.job_id,
    run_id: spec.run_id,
    attempt_number: spec.attempt_number,
    chain_id: spec.chain_id,
    fence: spec.fence,
    stage,
    job_type: spec.job_type,
    parameters: typeof own === 'object' && own !== null ? { ...own } : {},
    inputs: inputsOf(spec, resume.completed_stages),
    source_dir: spec.source_dir,
    data_dir: spec.data_dir,
    output_dir: spec.output_dir,
    workdir: spec.workdir,
    resources: spec.resources,
    checkpoint_interval_seconds: spec.checkpoint_interval_seconds,
    timeout_seconds: spec.timeout_seconds,
    checkpoint: textOf(resume.checkpoint, stage),
  };
};

class OneStageAtATime implements Connector {
  readonly takesSeveral = false;
  readonly isRemote: boolean;
  readonly keepsReferences: boolean;
  readonly bodies?: Bodies;

  constructor(
    private readonly driver: StageDriver,
    private readonly gate: Gate,
  ) {
    this.isRemote = driver.isRemote;
    this.keepsReferences = driver.keepsReferences === true;
    if (driver.bodies !== undefined) this.bodies = driver.bodies;
  }

  async run(input: Parameters<Connector['run']>[0], hooks: AttemptHooks): Promise<AttemptOutcome> {
    const spec = attemptSpecSchema.parse(input);
    const done = [...spec.resume.completed_stages];
    const stage = spec.stages[done.length];
    if (stage === undefined) return { kind: 'succeeded', result: summarizeStages(done) };
    const startedAt = performance.now();
    const ended = await watchProgress(spec, stage, hooks, this.gate, async (watched) =>
      this.#runStage(callOf(spec, stage), watched),
    );
    if (ended.kind !== 'succeeded') return ended;
    const report = {
      stage,
      result: ended.result,
      duration_seconds: (performance.now() - startedAt) / 1000,
    };
    hooks.onStageDone?.(report);
    return { kind: 'succeeded', result: summarizeStages([...done, report]) };
  }

  close(): Promise<void> {
    return this.driver.close();
  }

  async #runStage(call: StageCall, hooks: AttemptHooks): Promise<StageOutcome> {
    try {
      hooks.signal.throwIfAborted();
      const ended = await this.driver.runStage(call, hooks);
      return 'reported' in ended
        ? { kind: 'succeeded', result: parseStageResult(call.stage, ended.reported) }
        : ended;
    } catch (error) {
      if (hooks.signal.aborted) return stoppedOutcome(hooks.signal, 'GRACEFUL');
      return { kind: 'failed', stage: call.stage, error: reportError(error, call.stage) };
    }
  }
}

/**
 * A connector over what drives a single stage.
 *
 * @param gate closed while the executor is frozen: a stage cannot show progress then
 */
export const stageConnector = (driver: StageDriver, gate = new Gate()): Connector =>
  new OneStageAtATime(driver, gate);
