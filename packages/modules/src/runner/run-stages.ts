import type {
  StageInputs,
  ModuleContext,
  ModuleLogger,
  LogLevel,
  LogFields,
} from '../contract/module-context.js';
import type { ModuleRegistry } from '../contract/module-registry.js';
import { parseStageResult } from '../contract/stage-result.js';
import { summarizeStages } from './attempt-result.js';
import type { AttemptResult } from './attempt-result.js';
import type { AttemptSpec, StageReport } from './attempt-spec.js';
import { checkpointOf, type CheckpointHost } from './stage-checkpoint.js';

/** Where the stages report to, and what they need from outside. */
export interface StageHost extends CheckpointHost {
  readonly registry: ModuleRegistry;
  readonly signal: AbortSignal;
  onStageStart(stage: string): void;
  onLog(stage: string, level: LogLevel, message: string, fields: LogFields): void;
  onProgress(stage: string, records: number): void;
  onHeartbeat(): void;
  onPublish(dataset: string): void;
  onStageDone(report: StageReport): void;
}

const loggerOf = (stage: string, host: StageHost): ModuleLogger => {
  const at =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      host.onLog(stage, level, message, fields);
    };
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
};

/** What a stage can take its data from: the stages before it, and the upstream jobs. */
export const inputsOf = (spec: AttemptSpec, done: readonly StageReport[]): StageInputs => ({
  stages: Object.fromEntries(done.map((report) => [report.stage, report.result.outputs])),
  jobs: spec.upstream,
});

const contextOf = (
  stage: string,
  spec: AttemptSpec,
  done: readonly StageReport[],
  host: StageHost,
): ModuleContext<unknown> => ({
  execution_id: spec.execution_id,
  job_id: spec.job_id,
  run_id: spec.run_id,
  attempt_number: spec.attempt_number,
  chain_id: spec.chain_id,
  fence: spec.fence,
  stage,
  parameters: spec.parameters[stage] ?? {},
  inputs: inputsOf(spec, done),
  events: spec.events,
  source_dir: spec.source_dir,
  data_dir: spec.data_dir,
  output_dir: spec.output_dir,
  workdir: spec.workdir,
  http_allow: spec.http_allow,
  cache: spec.cache,
  resources: spec.resources,
  signal: host.signal,
  logger: loggerOf(stage, host),
  progress: (records) => {
    host.onProgress(stage, records);
  },
  heartbeat: () => {
    host.onHeartbeat();
  },
  publish: (dataset) => {
    host.onPublish(dataset);
  },
  checkpoint: checkpointOf(stage, spec, host),
});

const runStage = async (context: ModuleContext<unknown>, host: StageHost): Promise<StageReport> => {
  const startedAt = host.now();
  const result = parseStageResult(context.stage, await host.registry.get(context.stage).run(context));
  return { stage: context.stage, result, duration_seconds: (host.now() - startedAt) / 1000 };
};

/**
 * Runs the stages of an attempt in order, each with the outputs of those before it; those that an earlier attempt
 * completed are not run again.
 *
 * @throws what a stage throws, and the signal's reason between two stages
 */
export const runStages = async (spec: AttemptSpec, host: StageHost): Promise<AttemptResult> => {
  const done: StageReport[] = [...spec.resume.completed_stages];
  for (const stage of spec.stages.slice(done.length)) {
    host.signal.throwIfAborted();
    host.onStageStart(stage);
    const report = await runStage(contextOf(stage, spec, done, host), host);
    done.push(report);
    host.onStageDone(report);
  }
  return summarizeStages(done);
};
