import type { Check } from '../check.js';
import { accepts } from './accepts.js';
import { callsBack } from './calls-back.js';
import { cancels, cancelsAgain } from './cancels.js';
import {
  comesToAnEnd,
  endIsAnEnd,
  progressGrows,
  reportsItsResult,
  sequenceGrows,
  statesGoForward,
} from './comes-to-an-end.js';
import { demandsToken } from './demands-token.js';
import { describesItself } from './describes-itself.js';
import { keepsLogs } from './keeps-logs.js';
import { listsJobs } from './lists-jobs.js';
import { nextGeneration } from './next-generation.js';
import { otherWorkRefused } from './other-work-refused.js';
import { refusesInvalid, refusesMalformed } from './refuses-invalid.js';
import { refusesStaleFence } from './refuses-stale-fence.js';
import { requiresKey } from './requires-key.js';
import { sameKeyAtOnce } from './same-key-at-once.js';
import { sameKeySameJob } from './same-key-same-job.js';
import { survivesLargeBody } from './survives-large-body.js';
import { takesCheckpointBack } from './takes-checkpoint-back.js';
import { unknownJob } from './unknown-job.js';

/** Every check, in the order in which they are made. */
export const CHECKS: readonly Check[] = [
  describesItself,
  demandsToken,
  accepts,
  requiresKey,
  refusesInvalid,
  refusesMalformed,
  survivesLargeBody,
  sameKeySameJob,
  sameKeyAtOnce,
  otherWorkRefused,
  nextGeneration,
  comesToAnEnd,
  reportsItsResult,
  sequenceGrows,
  statesGoForward,
  progressGrows,
  endIsAnEnd,
  unknownJob,
  listsJobs,
  cancels,
  cancelsAgain,
  refusesStaleFence,
  callsBack,
  keepsLogs,
  takesCheckpointBack,
];
