import type { RouteModule } from '../api-context.js';
import { apply } from './apply.js';
import { callbacks } from './callbacks.js';
import { cancelExecution } from './cancel-execution.js';
import { cancelRun } from './cancel-run.js';
import { bulkExecutions } from './bulk-executions.js';
import { retryExecution } from './retry-execution.js';
import { retryDeadLetter } from './retry-dead-letter.js';
import { rerunRun } from './rerun-run.js';
import { controlSchedule } from './control-schedule.js';
import { damagedRecords } from './damaged-records.js';
import { dataLosses } from './data-losses.js';
import { deleteJob } from './delete-job.js';
import { deletePool } from './delete-pool.js';
import { emitEvents } from './emit-events.js';
import { errorOperations, errors } from './errors.js';
import { redrives } from './redrives.js';
import { executionAttempts } from './execution-attempts.js';
import { executionCheckpoints } from './execution-checkpoints.js';
import { executionLogs } from './execution-logs.js';
import { executors } from './executors.js';
import { explainExecution } from './explain-execution.js';
import { fsck } from './fsck.js';
import { getDeadLetter } from './get-dead-letter.js';
import { getExecution } from './get-execution.js';
import { getJob } from './get-job.js';
import { getPool } from './get-pool.js';
import { getRun } from './get-run.js';
import { getSchedule } from './get-schedule.js';
import { graph } from './graph.js';
import { health } from './health.js';
import { healthLive } from './health-live.js';
import { healthReady } from './health-ready.js';
import { jobVersions } from './job-versions.js';
import { limits } from './limits.js';
import { listDeadLetters } from './list-dead-letters.js';
import { listExecutions } from './list-executions.js';
import { listJobs } from './list-jobs.js';
import { listPools } from './list-pools.js';
import { listRuns } from './list-runs.js';
import { listSchedules } from './list-schedules.js';
import { openApiDocument } from './openapi-document.js';
import { previewSchedule } from './preview-schedule.js';
import { purgeDeadLetters } from './purge-dead-letters.js';
import { putJob } from './put-job.js';
import { putLimits } from './put-limits.js';
import { putPool } from './put-pool.js';
import { remoteOrphans } from './remote-orphans.js';
import { scheduleTicks } from './schedule-ticks.js';
import { signIn } from './sign-in.js';
import { signOut } from './sign-out.js';
import { triggerJob } from './trigger-job.js';
import { validate } from './validate.js';
import { webhooks } from './webhooks.js';

/** Every route of the API. */
export const ROUTES: readonly RouteModule[] = [
  healthLive,
  healthReady,
  health,
  openApiDocument,
  listJobs,
  getJob,
  putJob,
  deleteJob,
  jobVersions,
  apply,
  validate,
  triggerJob,
  emitEvents,
  webhooks,
  callbacks,
  listExecutions,
  getExecution,
  explainExecution,
  executionAttempts,
  executionLogs,
  executionCheckpoints,
  cancelExecution,
  retryExecution,
  bulkExecutions,
  listRuns,
  getRun,
  cancelRun,
  rerunRun,
  listDeadLetters,
  getDeadLetter,
  retryDeadLetter,
  purgeDeadLetters,
  fsck,
  redrives,
  errors,
  errorOperations,
  listSchedules,
  getSchedule,
  previewSchedule,
  scheduleTicks,
  controlSchedule,
  limits,
  putLimits,
  listPools,
  getPool,
  putPool,
  deletePool,
  executors,
  remoteOrphans,
  graph,
  signIn,
  signOut,
  dataLosses,
  damagedRecords,
];
