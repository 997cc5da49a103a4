import * as z from 'zod';
import { acceptedTexts, errorCodePattern, identifier, timezone } from '../schema/field-types.js';
import type { JobType } from '../schema/job-definition.js';
import { ERROR_CATEGORIES } from '../errors/error-category.js';
import { float, integer, parameter } from './parameter.js';
import { DURABILITY_PARAMETERS } from './durability-parameters.js';
import { RESOURCE_PARAMETERS } from './resource-parameters.js';

const flag = z.boolean();
const codes = z
  .array(errorCodePattern)
  .max(200)
  .register(acceptedTexts, { accepted: 'error codes or their names, separated by commas' });
const names = z
  .array(identifier)
  .max(100)
  .register(acceptedTexts, { accepted: 'names, separated by commas' });

const retentionOfType = (type: JobType) =>
  parameter('History', integer(1, 3650).nullable(), null, 'd', `The same for jobs of type ${type}.`);

/** Every configuration parameter: name, type and range, default, unit (specification: Configuration, Error Handling). */
export const PARAMETERS = {
  SCHEDULER_ENABLED: parameter(
    'Scheduler',
    flag,
    true,
    null,
    'Enable the job scheduler. False stops schedules and nothing else.',
  ),
  SCHEDULER_POLL_INTERVAL_MS: parameter(
    'Scheduler',
    integer(100, 60_000),
    1000,
    'ms',
    'Interval between schedule evaluation cycles, at most; what is due sooner is not kept waiting.',
  ),
  SCHEDULER_TIMEZONE_DEFAULT: parameter(
    'Scheduler',
    timezone,
    'UTC',
    null,
    'Default timezone for cron expressions.',
  ),
  SCHEDULER_CATCHUP_LIMIT: parameter(
    'Scheduler',
    integer(0, 100),
    10,
    'runs',
    'Maximum number of missed runs to catch up on startup.',
  ),

  SCHEDULER_LOCK_ENABLED: parameter(
    'Scheduler',
    flag,
    true,
    null,
    'Elect one active scheduler among several, to save work. Without it all of them are active, and nothing else changes.',
  ),
  SCHEDULER_MAX_FIRINGS_PER_SECOND: parameter(
    'Scheduler',
    float(0.1, 100_000),
    1000,
    '1/s',
    'Definitions by which all schedules together would fire more often, on average, are refused.',
  ),

  EXECUTOR_PARALLELISM: parameter(
    'Executor',
    integer(1, 100),
    20,
    'executions',
    'Maximum concurrent job executions of one executor process.',
  ),
  EXECUTOR_QUEUE_CAPACITY: parameter(
    'Executor',
    integer(10, 100_000),
    1000,
    'executions',
    'Maximum jobs queued for execution, in a namespace.',
  ),
  EXECUTOR_HEARTBEAT_INTERVAL_SECONDS: parameter(
    'Executor',
    integer(5, 300),
    30,
    's',
    'Interval between execution heartbeats.',
  ),
  EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER: parameter(
    'Executor',
    float(2, 10),
    3,
    null,
    'Multiplier for heartbeat timeout (interval x multiplier).',
  ),
  EXECUTOR_POOLS: parameter(
    'Executor',
    names,
    [],
    null,
    'Pools that this executor serves, and no others; only dedicated pools have a queue of their own. Default: every pool that is not dedicated.',
  ),
  EXECUTOR_CPU_CORES: parameter(
    'Executor',
    float(0, 1024).nullable(),
    null,
    'cores',
    'CPU that what runs here may request in sum. Default: what the machine has.',
  ),
  EXECUTOR_MEMORY_MB: parameter(
    'Executor',
    integer(0, 16_777_216).nullable(),
    null,
    'MB',
    'Memory that what runs here may request in sum. Default: what the machine has.',
  ),
  EXECUTOR_DISK_MB: parameter(
    'Executor',
    integer(0, 1_073_741_824).nullable(),
    null,
    'MB',
    'Disk space that what runs here may request in sum. Default: what is free below the data directory when it starts.',
  ),
  EXECUTOR_NETWORK_BANDWIDTH_MBPS: parameter(
    'Executor',
    integer(0, 1_000_000).nullable(),
    null,
    'Mbit/s',
    'Bandwidth that what runs here may request in sum. Default: not limited.',
  ),

  CHECKPOINT_MAX_BYTES: parameter(
    'Executor',
    integer(1024, 16_777_216),
    1_048_576,
    'bytes',
    'The largest state that a body may save as a checkpoint; Redis holds two for each chain of attempts.',
  ),

  DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS: parameter(
    'Dependency',
    integer(30, 3600),
    300,
    's',
    'Maximum time to wait for dependency satisfaction.',
  ),
  DEPENDENCY_CHECK_INTERVAL_SECONDS: parameter(
    'Dependency',
    integer(1, 60),
    10,
    's',
    'Interval between dependency status checks.',
  ),
  DEPENDENCY_CYCLE_DETECTION_ENABLED: parameter(
    'Dependency',
    flag,
    true,
    null,
    'Enable cycle detection on job registration.',
  ),

  RETRY_DEFAULT_MAX_ATTEMPTS: parameter(
    'Retry',
    integer(1, 10),
    3,
    'attempts',
    'Default maximum retry attempts.',
  ),
  RETRY_DEFAULT_INITIAL_DELAY_SECONDS: parameter(
    'Retry',
    integer(1, 3600),
    60,
    's',
    'Default initial retry delay.',
  ),
  RETRY_DEFAULT_MAX_DELAY_SECONDS: parameter(
    'Retry',
    integer(60, 86_400),
    3600,
    's',
    'Default maximum retry delay; not below the initial one.',
  ),
  RETRY_DEFAULT_BACKOFF_MULTIPLIER: parameter(
    'Retry',
    float(1, 10),
    2,
    null,
    'Default exponential backoff multiplier.',
  ),

  TRANSIENT_ERROR_CODES: parameter(
    'Error handling',
    codes,
    [
      'TIMEOUT',
      'CONNECTION_FAILED',
      'RATE_LIMITED',
      'HEARTBEAT_MISSED',
      'NATIVE_CRASH',
      'OUT_OF_MEMORY',
      'NO_ANSWER',
      'DELIVERY_CONFLICT',
      'TEMPORARY_EXIT',
      'REMOTE_TEMPORARY',
      'REMOTE_LOST',
    ],
    null,
    'Error codes that are worth a retry, where a job does not say otherwise.',
  ),
  PERMANENT_ERROR_CODES: parameter(
    'Error handling',
    codes,
    ['INVALID_CONFIG', 'PERMISSION_DENIED'],
    null,
    'Error codes that are not.',
  ),
  DEFAULT_ERROR_CATEGORY: parameter(
    'Error handling',
    z.enum(ERROR_CATEGORIES),
    'PERMANENT',
    null,
    'Category of every other error code.',
  ),
  GRACEFUL_TIMEOUT_SECONDS: parameter(
    'Error handling',
    integer(1, 3600),
    30,
    's',
    'Time that a body has to stop by itself before SIGTERM.',
  ),
  FORCE_KILL_AFTER_SECONDS: parameter(
    'Error handling',
    integer(1, 600),
    10,
    's',
    'Time from SIGTERM to SIGKILL.',
  ),
  ERROR_QUEUE_CAPACITY: parameter(
    'Error handling',
    integer(10, 1_000_000),
    10_000,
    'entries',
    'Entries that each error queue keeps; the oldest are dropped and counted.',
  ),
  ERROR_RETENTION_HOURS: parameter(
    'Error handling',
    integer(1, 8760),
    168,
    'h',
    'How long the error queues keep an entry.',
  ),
  DEAD_LETTER_RETENTION_DAYS: parameter(
    'Error handling',
    integer(1, 365),
    7,
    'd',
    'How long a dead letter is kept, where its job does not say.',
  ),

  HISTORY_RETENTION_DAYS: parameter(
    'History',
    integer(1, 3650),
    30,
    'd',
    'How long a run is kept after it has ended, where neither its jobs (`history_retention`) nor their job types say.',
  ),
  HISTORY_RETENTION_DAYS_INGESTION: retentionOfType('INGESTION'),
  HISTORY_RETENTION_DAYS_TRANSFORMATION: retentionOfType('TRANSFORMATION'),
  HISTORY_RETENTION_DAYS_OUTPUT: retentionOfType('OUTPUT'),
  HISTORY_RETENTION_DAYS_COMPOSITE: retentionOfType('COMPOSITE'),
  HISTORY_MAX_EXECUTIONS: parameter(
    'History',
    integer(1000, 1_000_000_000).nullable(),
    null,
    'executions',
    'Beyond so many finished executions the oldest runs are removed before their time, and it is said. Default: not limited.',
  ),

  ...RESOURCE_PARAMETERS,
  ...DURABILITY_PARAMETERS,
} as const;

type Parameters = typeof PARAMETERS;
export type ParameterName = keyof Parameters;

/** The configuration, read and checked: a value for every parameter. */
export type PhiConfig = { readonly [Name in ParameterName]: z.infer<Parameters[Name]['schema']> };

export const PARAMETER_NAMES = Object.keys(PARAMETERS) as ParameterName[];

/** What holds where nothing is configured. */
export const DEFAULT_CONFIG: PhiConfig = Object.fromEntries(
  PARAMETER_NAMES.map((name) => [name, PARAMETERS[name].default]),
) as unknown as PhiConfig;
