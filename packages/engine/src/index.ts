export * from './accept-event.js';
export * from './apply-definitions.js';
export * from './cancel-executions.js';
export { cancelRemoteOrphans, type RemoteOrphanReport } from './cancel-remote-orphans.js';
export * from './cancellations.js';
export * from './vitals.js';
export * from './catalog.js';
export * from './control-schedule.js';
export * from './decide-conditions.js';
export type { FieldChange } from './field-changes.js';
export { expireQueued } from './expire-queued.js';
export { explainExecution } from './explain-execution.js';
export * from './fire-schedules.js';
export { fsck, type FsckOptions } from './fsck/fsck.js';
export type { FsckReport } from './fsck/fsck-report.js';
export { sweepDeliveries, sweepOpenExecutions, sweepSlots, type IntegritySweep } from './fsck/sweeps.js';
export type { FireTimeChange } from './fire-time-changes.js';
export { flushTriggers, type FlushReport } from './flush-triggers.js';
export * from './invalid-schedules.js';
export { presentWindow } from './job-window.js';
export * from './list-ticks.js';
export * from './move-due.js';
export * from './open-windows.js';
export * from './plan-changes.js';
export * from './publish-datasets.js';
export * from './read-health.js';
export { mendState } from './mend-state.js';
export { REPAIR_START, rebuildDamaged, rebuildExecution, type RepairCursor } from './rebuild-damaged.js';
export { durably } from './durably.js';
export { rejectStreamEntry, type RejectedEntry } from './reject-stream-entry.js';
export type { RegisteredJob, ScheduledJob } from './registered-job.js';
export { executorStop, type StopReason } from './attempt-stop.js';
export type { ExecutorContext } from './executor-context.js';
export { ExecutorRoom, type Reservation } from './executor-room.js';
export { compareExecutions, type CompareResult, type ExecutionComparison } from './compare-executions.js';
export { viewAttempts, type AttemptView, type AttemptsView } from './view-attempts.js';
export { cancelSelection, CANCELLED_STATUSES } from './cancel-selection.js';
export { RETRIED_STATUSES, retryExecutions, type BulkRequest, type BulkResult } from './retry-executions.js';
export { carryOnRedrives } from './carry-on-redrives.js';
export {
  cancelRedrive,
  redriveDeadLetters,
  type RedriveRequest,
  type RedriveResult,
} from './redrive-dead-letters.js';
export { getError, listErrors, purgeErrors } from './list-errors.js';
export { retryError, type ErrorRetryResult } from './retry-error.js';
export { retryExecution, type RetryRequest, type RetryResult } from './retry-execution.js';
export { rerunRun, type RerunRequest, type RerunResult } from './rerun-run.js';
export {
  expireDeadLetters,
  getDeadLetter,
  groupDeadLetters,
  listDeadLetters,
  purgeDeadLetters,
  retryDeadLetter,
  type DeadLetterGroup,
  type DeadLetterRetryResult,
  type DeadLetterView,
} from './dead-letters.js';
export { forgetSchedules } from './forget-schedules.js';
export { trimHistory, type TrimPosition, type TrimResult } from './trim-history.js';
export { reportExecutionErrors, withdrawDeadLetters } from './report-execution-errors.js';
export { reportDependencyErrors } from './report-dependency-errors.js';
export * from './resource-watch.js';
export * from './run-attempt.js';
export { removePool, type RemovePoolResult } from './remove-pool.js';
export * from './report-scheduling-error.js';
export type { Services } from './services.js';
export type { StartRefusal } from './start-run.js';
export * from './sweep-ledgers.js';
export * from './take-back-lost.js';
export * from './trigger-job.js';
export { usualDurations } from './usual-durations.js';
export { viewCheckpoint, viewCheckpoints, type CheckpointView } from './view-checkpoints.js';
export * from './view-execution.js';
export { viewRemoteJobs, type RemoteJobView } from './view-remote-jobs.js';
export {
  poolNames,
  viewPool,
  viewPools,
  type PoolDetailView,
  type PoolQueueView,
  type PoolView,
} from './view-pools.js';
