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
    'Run `phi fsck`; it names what it would repair.',
  ),
  STATE_003_DEPENDENCY_STATE_CORRUPT: row(
    'STATE',
    'PERMANENT',
    'The recorded outcomes of dependencies disagree.',
    'Run `phi fsck`; it names what it would repair.',
  ),
  STATE_004_RECORD_TOO_NEW: row(
    'STATE',
    'PERMANENT',
    'A newer Phi wrote this record, and this build cannot read it.',
    'Upgrade the services that report it; nothing was changed.',
  ),
} as const;
