export { batchReferenceSchema } from './contract/batch-reference.js';
export {
  cacheInvalidateRequestSchema,
  cacheParametersSchema,
  cacheStatusListSchema,
  cacheStatusSchema,
  cacheWarmRequestSchema,
} from './contract/cache-job-request.js';
export type { CacheStatus, CacheStatusList } from './contract/cache-job-request.js';
export { DEFAULT_BINDINGS } from './connectors/connect-modules.js';
export type { ConnectedModules, ModuleBindings } from './connectors/connect-modules.js';
export { Callbacks } from './connectors/http/callbacks.js';
export type { CallbackSettings } from './connectors/http/callbacks.js';
export type { RemoteOptions } from './connectors/http/http-driver.js';
export { openRemoteModules } from './connectors/open-remote-modules.js';
export { callbackProblems, headerProblems } from './connectors/http/remote-module-problems.js';
export { openModules } from './connectors/open-modules.js';
export type { ModulesOptions } from './connectors/open-modules.js';
export { readSecrets } from './secrets/resolve-secrets.js';
export type { Secrets } from './secrets/resolve-secrets.js';
export { defineModule } from './contract/define-module.js';
export type { Module, ModuleDefinition } from './contract/define-module.js';
export { executionContextSchema } from './contract/execution-context.js';
export type { ExecutionContext } from './contract/execution-context.js';
export { renderContractOpenApi } from './contract/render-contract-openapi.js';
export { CONTRACT_PROBLEMS, contractProblemSchema } from './contract/contract-problem.js';
export type { ContractProblem, ContractProblemCode } from './contract/contract-problem.js';
export { jobContextSchema } from './contract/job-context.js';
export type { JobContext } from './contract/job-context.js';
export { jobListSchema, jobQuerySchema } from './contract/job-listing.js';
export type { JobList } from './contract/job-listing.js';
export { jobLogsQuerySchema, jobLogsSchema } from './contract/job-logs.js';
export type { JobLogs } from './contract/job-logs.js';
export { jobRequestSchema } from './contract/job-request.js';
export type {
  GenericJobRequest,
  IngestionJobRequest,
  JobCallback,
  JobRequest,
  OutputJobRequest,
  SentJobRequest,
  TransformationJobRequest,
} from './contract/job-request.js';
export { hasEnded, jobErrorSchema, jobStatusSchema, jobSummarySchema } from './contract/job-status.js';
export type { JobError, JobState, JobStatus, JobStatusInput, JobSummary } from './contract/job-status.js';
export {
  CONTRACT_VERSION,
  MODULE_CAPABILITIES,
  moduleDescriptionSchema,
} from './contract/module-description.js';
export type { ModuleDescription } from './contract/module-description.js';
export { signCallback } from './contract/callback-signature.js';
export type { CallbackSignature } from './contract/callback-signature.js';
export { jobKey } from './contract/job-key.js';
export { requestFingerprint } from './contract/request-fingerprint.js';
export { ingestionParametersSchema } from './contract/ingestion-job-request.js';
export type { ModuleContext, StageInputs } from './contract/module-context.js';
export type { ErrorReport } from './contract/error-report.js';
export { createModuleRegistry } from './contract/module-registry.js';
export type { ModuleRegistry } from './contract/module-registry.js';
export { outputParametersSchema } from './contract/output-job-request.js';
export { parseStageResult, stageResultSchema } from './contract/stage-result.js';
export type { DeliveryAcknowledgement } from './contract/delivery-acknowledgement.js';
export type { StageResult, StageResultInput, ValidationResult } from './contract/stage-result.js';
export { transformationParametersSchema } from './contract/transformation-job-request.js';
export { BUILTIN_MODULES } from './builtin-modules.js';
export { administerCaches } from './epsilon/cache-administration.js';
export type { CacheAdministration } from './epsilon/cache-administration.js';
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
export { createAttemptRunner, LEAST_MEMORY_MB } from './runner/attempt-runner.js';
export { Places } from './runner/places.js';
export type { AttemptRunnerOptions } from './runner/attempt-runner.js';
export { childEnvironment } from './runner/child-environment.js';
export type { ChildModule } from './runner/child-setup.js';
