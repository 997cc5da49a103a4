import { row } from './row.js';

/** Why an execution was cancelled (specification: Rule 16). */
export const CANCELLATION_CODES = {
  CANCEL_001_REQUESTED: row(
    'CANCELLATION',
    null,
    'It was cancelled by hand.',
    'Nothing; the history names who did.',
  ),
  CANCEL_002_CASCADED: row(
    'CANCELLATION',
    null,
    'An upstream execution was cancelled, and the cancellation cascades.',
    'Nothing; trigger the job again if it has to run.',
  ),
} as const;
