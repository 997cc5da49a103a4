import type { ErrorReport } from '../../contract/error-report.js';
import type { JobError, JobStatus } from '../../contract/job-status.js';
import type { SeenJob } from './module-client.js';
import { PhiError } from '@phi/core';

/** A code of the form of Phi's own: the retry policy classifies it. */
const CODE = /^[A-Z]+_\d{3}_[A-Z_]+$/;

const BY_CATEGORY: Readonly<Record<JobError['category'], string>> = {
  TRANSIENT: 'EXEC_030_REMOTE_TEMPORARY',
  PERMANENT: 'EXEC_006_MODULE_FAILED',
  TIMEOUT: 'EXEC_031_REMOTE_TIMEOUT',
};

/** What a remote job's failure is to Phi (docs/module-contract.md, Errors). */
export const jobFailure = ({ error, ref, unreadable }: SeenJob, stage: string): ErrorReport => {
  const report = { operation: stage, data: { ref } };
  if (error === undefined)
    return {
      ...report,
      code: 'EXEC_006_MODULE_FAILED',
      message: unreadable ?? `job ${ref} of ${stage} failed without saying why`,
    };
  const { code, message, category } = error;
  if (CODE.test(code)) return { ...report, code, message };
  return { ...report, code: BY_CATEGORY[category], message: `${code}: ${message}` };
};

/** What it is that somebody else than Phi has cancelled it. */
export const cancelledElsewhere = ({ ref }: JobStatus, stage: string): ErrorReport => ({
  code: 'EXEC_034_REMOTE_CANCELLED',
  message: `job ${ref} of ${stage} was cancelled at the module`,
  operation: stage,
  data: { ref },
});

/** What the result of a job is that cannot be read. */
export const badResult = (stage: string, unreadable: string): PhiError =>
  new PhiError('EXEC_006_MODULE_FAILED', unreadable, { operation: 'stage.result', data: { stage } });
