import { row } from './row.js';

/** What can go wrong with an execution (specification: Execution Errors, Timeout Errors). */
export const EXECUTION_CODES = {
  EXEC_001_INGESTION_FAILED: row(
    'EXECUTION',
    'PERMANENT',
    'Module Alpha could not ingest the source.',
    'Check that the source exists, is readable and has the declared format; the message names file and record.',
  ),
  EXEC_002_OUTPUT_VALIDATION_FAILED: row(
    'EXECUTION',
    'PERMANENT',
    'The body ended well, but its outputs do not validate.',
    'Compare the outputs with what the job declares; correct the body.',
  ),
  EXEC_003_TRANSFORM_FAILED: row(
    'EXECUTION',
    'PERMANENT',
    'Module Beta could not transform the data.',
    'The message has the error of the SQL; try the statement on the inputs of the execution.',
  ),
  EXEC_004_OUTPUT_FAILED: row(
    'EXECUTION',
    'PERMANENT',
    'Module Gamma could not deliver the output.',
    'Check that the destination is reachable and writable; what was delivered already is not delivered again.',
  ),
  EXEC_005_INVALID_CONFIG: row(
    'EXECUTION',
    'PERMANENT',
    'The configuration of a module is wrong.',
    'Correct the parameter that the message names and apply the job again.',
  ),
  EXEC_006_MODULE_FAILED: row(
    'EXECUTION',
    'PERMANENT',
    'A module failed without saying why in a code of its own.',
    'Look at the stack trace and the logs; throw an error with a code to have it classified.',
  ),
  EXEC_007_RESOURCE_EXHAUSTED: row(
    'EXECUTION',
    'PERMANENT',
    'The body ran out of memory, disk or another resource.',
    'Raise the request in resources, or make the body do less at once.',
  ),
  EXEC_008_CANCELLED: row(
    'EXECUTION',
    'PERMANENT',
    'The execution was cancelled.',
    'Nothing, if that was intended; trigger or rerun it otherwise.',
  ),
  EXEC_009_EXIT_STATUS: row(
    'EXECUTION',
    'PERMANENT',
    'The program ended with an exit status other than 0.',
    'Look at its logs; the exit status stands in the result.',
  ),
  EXEC_010_DEFINITION_MISSING: row(
    'EXECUTION',
    'PERMANENT',
    'The job definition that the execution was created with is gone.',
    'Apply the job again and trigger a new execution.',
  ),
  EXEC_011_TIMEOUT: row(
    'EXECUTION',
    'TIMEOUT',
    'The execution ran longer than its timeout_seconds.',
    'See what it waited for; raise timeout_seconds if it simply takes that long.',
  ),
  EXEC_012_EXECUTOR_LOST: row(
    'EXECUTION',
    'TRANSIENT',
    'The executor stopped renewing its lease, and the attempt was taken back.',
    'Usually nothing: another executor repeats it. If it repeats, look for killed executors or a Redis out of reach.',
  ),
  EXEC_013_HEARTBEAT_MISSED: row(
    'EXECUTION',
    'TRANSIENT',
    'The body gave no sign of life for too long and was killed.',
    'Usually nothing: the retry policy applies. If it repeats, look at what the body waits for; with heartbeat.watch_progress report progress more often, or raise heartbeat.missed_heartbeat_limit.',
  ),
  EXEC_014_NATIVE_CRASH: row(
    'EXECUTION',
    'PERMANENT',
    'The process of the body died of a signal.',
    'Look for a crash of native code in the logs; run the body alone to reproduce it.',
  ),
  EXEC_015_OUT_OF_MEMORY: row(
    'EXECUTION',
    'PERMANENT',
    'The process of the body was ended for its use of memory.',
    'Raise resources.memory_mb, or process less at once.',
  ),
  EXEC_016_MODULE_NOT_REGISTERED: row(
    'EXECUTION',
    'PERMANENT',
    'A module that the job names is not registered.',
    'Register it under that name, or correct pipeline_modules.',
  ),
  EXEC_017_INVALID_PARAMETERS: row(
    'EXECUTION',
    'PERMANENT',
    'The parameters do not satisfy what the job demands of them.',
    'Correct the parameter that the message names.',
  ),
  EXEC_018_CONNECTION_FAILED: row(
    'EXECUTION',
    'TRANSIENT',
    'Something that the body needs could not be reached.',
    'Check that the service is up and the address right; it is retried meanwhile.',
  ),
  EXEC_019_RATE_LIMITED: row(
    'EXECUTION',
    'TRANSIENT',
    'A service refused the body for asking too often.',
    'Nothing at first: it is retried. If it stays, lower the pool limit or lengthen the delays.',
  ),
  EXEC_020_PERMISSION_DENIED: row(
    'EXECUTION',
    'PERMANENT',
    'The body was not allowed to do what it tried.',
    'Give it the permission or the credential that the message names.',
  ),
  EXEC_021_QUEUE_TIMEOUT: row(
    'EXECUTION',
    'TIMEOUT',
    'The execution waited longer than queue_timeout_seconds.',
    '`phi explain` says what it waited for; raise the limit or the time.',
  ),
} as const;
