import { row } from './row.js';

/** What can be damaged (specification: State Corruption Errors). */
export const STATE_CODES = {
  STATE_001_CHECKPOINT_CORRUPT: row(
    'STATE',
    'PERMANENT',
    'A checkpoint is damaged; the last good one before it is used.',
    'Nothing for the execution; look for a full disk or a failing one.',
  ),
  STATE_002_QUEUE_STATE_CORRUPT: row(
    'STATE',
    'PERMANENT',
    'Queue and state disagree.',
    'Nothing, of a damaged record: recovery rebuilds it within seconds. Where it stays, see that recovery runs; `phi fsck` names what it would repair.',
  ),
  STATE_003_DEPENDENCY_STATE_CORRUPT: row(
    'STATE',
    'PERMANENT',
    'What dependencies, windows or schedules are decided by was damaged.',
    'Nothing where it says that nothing is lost: it is made again at once. Else see what it names as lost, such as a schedule that is to be resumed. Look for a failing disk or memory, or for somebody who writes to Redis beside Phi.',
  ),
  STATE_004_RECORD_TOO_NEW: row(
    'STATE',
    'PERMANENT',
    'A newer Phi wrote this record, and this build cannot read it.',
    'Upgrade the services that report it; nothing was changed.',
  ),
  STATE_005_CHECKPOINT_TOO_LARGE: row(
    'STATE',
    'PERMANENT',
    'A body tried to save a checkpoint larger than CHECKPOINT_MAX_BYTES.',
    'Save a reference to what lies in a file below the data directory; or raise the limit, which Redis pays for in memory.',
  ),
  STATE_006_CHECKPOINT_NOT_SAVED: row(
    'STATE',
    'TRANSIENT',
    'A checkpoint could not be saved: the attempt has ended, its lease is lost, or Redis did not answer.',
    'Nothing for the execution: its next attempt goes on from the checkpoint before. See whether Redis has memory left.',
  ),
  STATE_007_CHECKPOINT_HAS_SECRET: row(
    'STATE',
    'PERMANENT',
    'A checkpoint holds the value of a secret, and is not saved.',
    'Save what the body needs to go on without it; the next attempt gets its parameters, and the secret in them, again.',
  ),
  STATE_008_RECORD_LOST: row(
    'STATE',
    'PERMANENT',
    'The record of an execution was damaged, and what was in it is not known any more.',
    'Look for a failing disk or memory, or for somebody who writes to Redis beside Phi; the damaged bytes are kept. Trigger it again with the parameters that it had.',
  ),
  STATE_009_DEPENDENCY_STATE_LOST: row(
    'STATE',
    'PERMANENT',
    'What an execution waited for was damaged, and nothing else says what it was.',
    'Look for a failing disk or memory, or for somebody who writes to Redis beside Phi; the damaged bytes are kept. See what the execution was to do, and trigger its job.',
  ),
  STATE_050_NOT_DURABLE: row(
    'STATE',
    'TRANSIENT',
    'It was done, but is not yet as safe as DURABILITY asks for, and may be lost with Redis.',
    'Repeat it, with the same idempotency key: it is not done twice. See whether the replicas of Redis follow, or its disk is slow.',
  ),
  STATE_051_DATA_LOST: row(
    'STATE',
    null,
    'Redis holds less than it did: what was written within a range of time is missing.',
    'Send again what was accepted then, run `phi fsck`, and acknowledge it with `phi data-losses acknowledge`.',
  ),
  STATE_052_UNSAFE_REDIS: row(
    'STATE',
    null,
    'Redis is set up so that it may lose what it is given.',
    'Set what the message names, in redis.conf and by CONFIG SET.',
  ),
} as const;
