import { types } from 'node:util';
import { PhiError } from '@phi/core';

/** What the failure of a request becomes. */
export interface FailedRequest {
  /** The URL without what may be secret; see `shownUrl`. */
  readonly url: string;
  readonly operation: string;
  /** The code where the other side has answered that the request itself is wrong, e.g. EXEC_001_INGESTION_FAILED. */
  readonly refusedCode: string;
}

/** A URL as messages may show it: without user, password, query and fragment, any of which may hold a secret. */
export const shownUrl = (url: URL): string => `${url.origin}${url.pathname}`;

const codeOf = (status: number, refusedCode: string): string => {
  if (status === 429) return 'EXEC_019_RATE_LIMITED';
  if (status === 401 || status === 403 || status === 407) return 'EXEC_020_PERMISSION_DENIED';
  if (status >= 500 || status === 408) return 'EXEC_018_CONNECTION_FAILED';
  return refusedCode;
};

/** An answer whose status is no success: 5xx and 408 are transient, 429 is a rate limit, 401 and 403 a lack of permission. */
export const statusFailure = (status: number, { url, operation, refusedCode }: FailedRequest): PhiError =>
  new PhiError(codeOf(status, refusedCode), `${url} answered ${String(status)}`, {
    operation,
    data: { url, status },
  });

const messageOf = (error: Error): string => {
  // Of several addresses that were tried each has its own error, and their sum has no message.
  if (error instanceof AggregateError) return error.errors.map((one) => messageOf(one as Error)).join('; ');
  return error.message === '' ? error.name : error.message;
};

/** No answer, or one that broke off. What has a code of ours, and the reason of an abort, pass unchanged. */
export const connectionFailure = (
  error: unknown,
  { url, operation }: FailedRequest,
  signal: AbortSignal,
): unknown => {
  if (error instanceof PhiError || signal.aborted || !types.isNativeError(error)) return error;
  return new PhiError('EXEC_018_CONNECTION_FAILED', `${url}: ${messageOf(error)}`, {
    operation,
    data: { url },
    cause: error,
  });
};
