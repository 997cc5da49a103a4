export { batchReferenceSchema } from './contract/batch-reference.js';
export { DEFAULT_BINDINGS } from './connectors/connect-modules.js';
export type { ConnectedModules, ModuleBindings } from './connectors/connect-modules.js';
export { openModules } from './connectors/open-modules.js';
export type { ModulesOptions } from './connectors/open-modules.js';
export { readSecrets } from './secrets/resolve-secrets.js';
export type { Secrets } from './secrets/resolve-secrets.js';
export { defineModule } from './contract/define-module.js';
export type { Module, ModuleDefinition } from './contract/define-module.js';
export { executionContextSchema } from './contract/execution-context.js';
export type { ExecutionContext } from './contract/execution-context.js';
export { ingestionJobRequestSchema, ingestionParametersSchema } from './contract/ingestion-job-request.js';
export type { IngestionJobRequest } from './contract/ingestion-job-request.js';
export type { ModuleContext, StageInputs } from './contract/module-context.js';
export type { ErrorReport } from './contract/error-report.js';
export { createModuleRegistry } from './contract/module-registry.js';
export type { ModuleRegistry } from './contract/module-registry.js';
export { outputJobRequestSchema, outputParametersSchema } from './contract/output-job-request.js';
export type { OutputJobRequest } from './contract/output-job-request.js';
export { stageResultSchema } from './contract/stage-result.js';
export type {
  DeliveryAcknowledgement,
  StageResult,
  StageResultInput,
  ValidationResult,
} from './contract/stage-result.js';
export {
  transformationJobRequestSchema,
  transformationParametersSchema,
} from './contract/transformation-job-request.js';
export type { TransformationJobRequest } from './contract/transformation-job-request.js';
export { BUILTIN_MODULES } from './builtin-modules.js';
export type {
  AttemptHooks,
  AttemptLogEntry,
  AttemptOutcome,
  TerminationMethod,
} from './runner/attempt-outcome.js';
export { attemptResultSchema } from './runner/attempt-result.js';
export type { AttemptResult } from './runner/attempt-result.js';
export { attemptSpecSchema, stageReportSchema } from './runner/attempt-spec.js';
export type { AttemptSpec, AttemptSpecInput, StageReport } from './runner/attempt-spec.js';
export { runStages } from './runner/run-stages.js';
export type { StageHost } from './runner/run-stages.js';
export { Gate } from './runner/gate.js';
export { createRunnerPool } from './runner/runner-pool.js';
export type { RunnerPool, RunnerPoolOptions } from './runner/runner-pool.js';
export { createAttemptRunner } from './runner/attempt-runner.js';
export type { AttemptRunnerOptions } from './runner/attempt-runner.js';
