import type { ErrorReport } from '../../contract/error-report.js';

/** A code of ours at the beginning: `EXEC_018_CONNECTION_FAILED: no route to host`. */
const CODED = /^(?<code>[A-Z]+_\d{3}_[A-Z_]+):\s*(?<message>.*)$/s;

/** What BullMQ writes where a worker was lost too often. */
const STALLED = /job stalled more than allowable limit/i;

const LONGEST_MESSAGE = 4096;

/** What a worker gave as the reason of its failure. */
export const readFailedReason = (reason: string, operation: string): ErrorReport => {
  const { code, message = reason } = CODED.exec(reason)?.groups ?? {};
  const plain = STALLED.test(reason) ? 'EXEC_018_CONNECTION_FAILED' : 'EXEC_006_MODULE_FAILED';
  return { code: code ?? plain, message: message.slice(0, LONGEST_MESSAGE), operation, data: {} };
};
