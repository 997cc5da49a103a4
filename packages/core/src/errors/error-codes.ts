import type { ErrorCategory } from '../retry/classify-error.js';

export const ERROR_CODE_GROUPS = ['SCHEDULING', 'DEPENDENCY', 'EXECUTION', 'RESOURCE', 'STATE', 'SKIP', 'API'] as const;
/** Which part of Phi answers with a code (specification: Error Categories). */
export type ErrorCodeGroup = (typeof ERROR_CODE_GROUPS)[number];

interface Row {
  readonly category: ErrorCodeGroup;
  /** How it counts where nothing configured says otherwise; null where nothing ran that could be repeated. */
  readonly error_category: ErrorCategory | null;
  readonly message: string;
  readonly what_to_do: string;
}

const row = (category: ErrorCodeGroup, error_category: ErrorCategory | null, message: string, what_to_do: string): Row => ({
  category,
  error_category,
  message,
  what_to_do,
});

/** Every code that Phi answers with. A code keeps its meaning for good; its number is unique in its group. */
const ROWS = {
  SCHED_001_INVALID_CRON: row('SCHEDULING', 'PERMANENT', 'The cron expression cannot be read.', 'Correct the field that the message names; `phi preview` shows the times of an expression.'),
  SCHED_002_INVALID_TIMEZONE: row('SCHEDULING', 'PERMANENT', 'The time zone is not known.', 'Use an IANA name such as Europe/Berlin; if it is a new one, update Node.js.'),
  SCHED_003_SCHEDULE_CONFLICT: row('SCHEDULING', 'PERMANENT', 'The schedule contradicts itself or another one.', 'Give each schedule an id of its own and the one field that its type needs.'),
  SCHED_004_INVALID_TRIGGER: row('SCHEDULING', 'PERMANENT', 'A trigger is configured wrongly.', 'Correct the field that the message names.'),
  SCHED_005_TOO_FREQUENT: row('SCHEDULING', 'PERMANENT', 'The schedules together fire more often than the limit allows.', 'Make schedules sparser, or raise the limit.'),
  SCHED_006_EVALUATION_FAILED: row('SCHEDULING', 'PERMANENT', 'The next time of a schedule could not be computed; the schedule is marked invalid.', 'Look at its configuration in the entry, correct it and apply it again.'),

  DEP_001_MISSING_UPSTREAM: row('DEPENDENCY', null, 'A job that this one depends on is not registered.', 'Register the upstream job or remove the dependency; Phi checks again by itself.'),
  DEP_002_CYCLE_DETECTED: row('DEPENDENCY', null, 'The jobs depend on each other in a circle.', 'Remove one dependency of the circle that the message spells out.'),
  DEP_003_TIMEOUT: row('DEPENDENCY', null, 'The dependencies were not met in time.', 'See why the upstream job is late, or raise timeout_seconds of the dependency or of dependency_policy.'),
  DEP_004_UPSTREAM_NOT_MET: row('DEPENDENCY', null, 'An upstream job ended in a way that does not meet the dependency.', 'Find the failed upstream execution in the same run and rerun from there; or depend on COMPLETION.'),
  DEP_005_STALE_REFERENCE: row('DEPENDENCY', null, 'A dependency refers to an output or dataset that is not there any more.', 'Apply the definitions again, with the reference corrected.'),

  EXEC_001_INGESTION_FAILED: row('EXECUTION', 'PERMANENT', 'Module Alpha could not ingest the source.', 'Check that the source exists, is readable and has the declared format; the message names file and record.'),
  EXEC_002_OUTPUT_VALIDATION_FAILED: row('EXECUTION', 'PERMANENT', 'The body ended well, but its outputs do not validate.', 'Compare the outputs with what the job declares; correct the body.'),
  EXEC_003_TRANSFORM_FAILED: row('EXECUTION', 'PERMANENT', 'Module Beta could not transform the data.', 'The message has the error of the SQL; try the statement on the inputs of the execution.'),
  EXEC_004_OUTPUT_FAILED: row('EXECUTION', 'PERMANENT', 'Module Gamma could not deliver the output.', 'Check that the destination is reachable and writable; what was delivered already is not delivered again.'),
  EXEC_005_INVALID_CONFIG: row('EXECUTION', 'PERMANENT', 'The configuration of a module is wrong.', 'Correct the parameter that the message names and apply the job again.'),
  EXEC_006_MODULE_FAILED: row('EXECUTION', 'PERMANENT', 'A module failed without saying why in a code of its own.', 'Look at the stack trace and the logs; throw an error with a code to have it classified.'),
  EXEC_007_RESOURCE_EXHAUSTED: row('EXECUTION', 'PERMANENT', 'The body ran out of memory, disk or another resource.', 'Raise the request in resources, or make the body do less at once.'),
  EXEC_008_CANCELLED: row('EXECUTION', 'PERMANENT', 'The execution was cancelled.', 'Nothing, if that was intended; trigger or rerun it otherwise.'),
  EXEC_009_EXIT_STATUS: row('EXECUTION', 'PERMANENT', 'The program ended with an exit status other than 0.', 'Look at its logs; the exit status stands in the result.'),
  EXEC_010_DEFINITION_MISSING: row('EXECUTION', 'PERMANENT', 'The job definition that the execution was created with is gone.', 'Apply the job again and trigger a new execution.'),
  EXEC_011_TIMEOUT: row('EXECUTION', 'TIMEOUT', 'The execution ran longer than its timeout_seconds.', 'See what it waited for; raise timeout_seconds if it simply takes that long.'),
  EXEC_012_EXECUTOR_LOST: row('EXECUTION', 'TRANSIENT', 'The executor stopped renewing its lease, and the attempt was taken back.', 'Usually nothing: another executor repeats it. If it repeats, look for killed executors or a Redis out of reach.'),
  EXEC_013_HEARTBEAT_MISSED: row('EXECUTION', 'PERMANENT', 'The body showed no progress for too long.', 'Report progress more often, or raise heartbeat.missed_heartbeat_limit.'),
  EXEC_014_NATIVE_CRASH: row('EXECUTION', 'PERMANENT', 'The process of the body died of a signal.', 'Look for a crash of native code in the logs; run the body alone to reproduce it.'),
  EXEC_015_OUT_OF_MEMORY: row('EXECUTION', 'PERMANENT', 'The process of the body was ended for its use of memory.', 'Raise resources.memory_mb, or process less at once.'),
  EXEC_016_MODULE_NOT_REGISTERED: row('EXECUTION', 'PERMANENT', 'A module that the job names is not registered.', 'Register it under that name, or correct pipeline_modules.'),
  EXEC_017_INVALID_PARAMETERS: row('EXECUTION', 'PERMANENT', 'The parameters do not satisfy what the job demands of them.', 'Correct the parameter that the message names.'),
  EXEC_018_CONNECTION_FAILED: row('EXECUTION', 'TRANSIENT', 'Something that the body needs could not be reached.', 'Check that the service is up and the address right; it is retried meanwhile.'),
  EXEC_019_RATE_LIMITED: row('EXECUTION', 'TRANSIENT', 'A service refused the body for asking too often.', 'Nothing at first: it is retried. If it stays, lower the pool limit or lengthen the delays.'),
  EXEC_020_PERMISSION_DENIED: row('EXECUTION', 'PERMANENT', 'The body was not allowed to do what it tried.', 'Give it the permission or the credential that the message names.'),
  EXEC_021_QUEUE_TIMEOUT: row('EXECUTION', 'TIMEOUT', 'The execution waited longer than queue_timeout_seconds.', '`phi explain` says what it waited for; raise the limit or the time.'),

  RES_001_MEMORY_EXHAUSTED: row('RESOURCE', 'TRANSIENT', 'Memory is above its threshold; no new executions start.', 'Wait, add memory, or lower EXECUTOR_PARALLELISM.'),
  RES_002_CPU_EXHAUSTED: row('RESOURCE', 'TRANSIENT', 'The processors are saturated; no new executions start.', 'Wait, add executors, or lower EXECUTOR_PARALLELISM.'),
  RES_003_DISK_EXHAUSTED: row('RESOURCE', 'TRANSIENT', 'The disk is full; no new executions start.', 'Free space in the data directory, or shorten retention.'),
  RES_004_CONNECTIONS_EXHAUSTED: row('RESOURCE', 'TRANSIENT', 'There are no connections left; no new executions start.', 'Raise the limit of connections, or lower the concurrency of the pool.'),
  RES_005_QUEUE_FULL: row('RESOURCE', 'TRANSIENT', 'EXECUTOR_QUEUE_CAPACITY executions wait already.', 'Trigger again later, add executors, or raise the capacity.'),
  RES_006_UNPLACEABLE: row('RESOURCE', 'PERMANENT', 'The job requests more than any executor has.', 'Lower resources of the job, or start a larger executor.'),

  STATE_001_CHECKPOINT_CORRUPT: row('STATE', 'PERMANENT', 'A checkpoint is damaged; the last good one before it is used.', 'Nothing for the execution; look for a full disk or a failing one.'),
  STATE_002_QUEUE_STATE_CORRUPT: row('STATE', 'PERMANENT', 'Queue and state disagree.', 'Run `phi fsck`; it names what it would repair.'),
  STATE_003_DEPENDENCY_STATE_CORRUPT: row('STATE', 'PERMANENT', 'The recorded outcomes of dependencies disagree.', 'Run `phi fsck`; it names what it would repair.'),

  SKIP_001_ALREADY_RUNNING: row('SKIP', null, 'Another execution of the job is open, and it skips then.', 'Nothing; use queue_if_running to wait instead.'),
  SKIP_002_OUTSIDE_WINDOW: row('SKIP', null, 'It is outside the execution windows of the job.', 'Nothing; use skip_outside_window: false to wait instead.'),
  SKIP_003_PAUSED: row('SKIP', null, 'The job or the schedule is paused.', 'Resume it.'),
  SKIP_004_JOB_DISABLED: row('SKIP', null, 'The job is not enabled.', 'Set enabled: true and apply it.'),
  SKIP_005_UPSTREAM_SKIPPED: row('SKIP', null, 'An upstream job was skipped, and the skip passes on.', 'Look at the upstream execution; use skip_on_upstream_skip: false to run regardless.'),
  SKIP_006_CONDITION_FALSE: row('SKIP', null, 'The condition of a dependency is false.', 'Nothing, if that was intended.'),

  API_001_VALIDATION_FAILED: row('API', null, 'The request or a definition in it is not valid.', 'Correct every field listed in problems; nothing was changed.'),
  API_002_NOT_FOUND: row('API', null, 'There is nothing under this name.', 'Check the name and the namespace.'),
  API_003_CONFLICT: row('API', null, 'The request contradicts the present state.', 'Read the present state and decide again.'),
  API_004_UNAUTHENTICATED: row('API', null, 'The request has no valid key.', 'Send a key as `Authorization: Bearer ...`.'),
  API_005_FORBIDDEN: row('API', null, 'The key does not permit this.', 'Use a key with the permission that the message names.'),
  API_006_PAYLOAD_TOO_LARGE: row('API', null, 'The body of the request is too large.', 'Send less at once; the message has the limit.'),
  API_007_UNAVAILABLE: row('API', null, 'Something that Phi needs is out of reach.', 'Try again; /health says what is missing.'),
  API_008_UPGRADE_REQUIRED: row('API', null, 'A newer version of Phi wrote this.', 'Upgrade this service.'),
  API_009_INTERNAL: row('API', null, 'Phi failed at something that it should not fail at.', 'Look at the log entry with the same request id, and report it.'),
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof ROWS;

export interface ErrorCodeEntry extends Row {
  readonly code: ErrorCode;
}

/** The table of error codes; `docs/errors.md` is written from it. */
export const ERROR_CODES: readonly ErrorCodeEntry[] = Object.entries(ROWS).map(([code, entry]) => ({ code: code as ErrorCode, ...entry }));

/** What a code means, or nothing for a code that is not Phi's. */
export function findErrorCode(code: string): ErrorCodeEntry | undefined {
  return ERROR_CODES.find((entry) => entry.code === code);
}

/** A code without its group and number: TIMEOUT for EXEC_011_TIMEOUT. */
export function errorName(code: string): string {
  return code.replace(/^[A-Z]+_\d{3}_/, '');
}

/**
 * Whether a code of a policy or of the configuration means a code that occurred (specification: Rule 10).
 * A name without a number matches every code that ends in it.
 *
 * @param pattern - a whole code (EXEC_011_TIMEOUT) or a name alone (TIMEOUT)
 */
export function matchesErrorCode(pattern: string, code: string): boolean {
  return pattern === code || (pattern !== '' && errorName(pattern) === pattern && code.endsWith(`_${pattern}`));
}
