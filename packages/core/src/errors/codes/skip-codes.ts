import { row } from './row.js';

/** Why an execution was skipped. */
export const SKIP_CODES = {
  SKIP_001_ALREADY_RUNNING: row(
    'SKIP',
    null,
    'Another execution of the job is open, and it skips then.',
    'Nothing; use queue_if_running to wait instead.',
  ),
  SKIP_002_OUTSIDE_WINDOW: row(
    'SKIP',
    null,
    'It is outside the execution windows of the job.',
    'Nothing; use skip_outside_window: false to wait instead.',
  ),
  SKIP_003_PAUSED: row('SKIP', null, 'The job or the schedule is paused.', 'Resume it.'),
  SKIP_004_JOB_DISABLED: row('SKIP', null, 'The job is not enabled.', 'Set enabled: true and apply it.'),
  SKIP_005_UPSTREAM_SKIPPED: row(
    'SKIP',
    null,
    'An upstream job was skipped, and the skip passes on.',
    'Look at the upstream execution; use skip_on_upstream_skip: false to run regardless.',
  ),
  SKIP_006_CONDITION_FALSE: row(
    'SKIP',
    null,
    'The condition of a dependency is false.',
    'Nothing, if that was intended.',
  ),
  SKIP_007_SUPERSEDED: row(
    'SKIP',
    null,
    'The execution of a later run took its place: only the newest run waits for outcomes from outside.',
    'Nothing; use join: EACH on the upstream inside the run to have each of its outcomes taken.',
  ),
} as const;
