import { PhiError } from '@phi/core';

interface TroubleDetails {
  readonly url: string;
  readonly cause?: unknown;
  /** How long the module wants to be left alone, in milliseconds. */
  readonly retryAfterMs?: number;
  /** The module will not answer otherwise to the same request. */
  readonly refused?: boolean;
}

/** A remote module gave no usable answer. */
export class ModuleTrouble extends PhiError {
  readonly retryAfterMs: number | undefined;
  readonly refused: boolean;

  constructor(code: string, message: string, { url, cause, retryAfterMs, refused = false }: TroubleDetails) {
    super(code, message, { operation: 'module.request', data: { url }, cause });
    this.retryAfterMs = retryAfterMs;
    this.refused = refused;
  }
}

const codeOf = (status: number): string => {
  if (status === 429) return 'EXEC_019_RATE_LIMITED';
  if (status === 401 || status === 403 || status === 407) return 'EXEC_020_PERMISSION_DENIED';
  if (status >= 500 || status === 408) return 'EXEC_018_CONNECTION_FAILED';
  if (status === 400 || status === 422) return 'EXEC_005_INVALID_CONFIG';
  return 'EXEC_032_REMOTE_PROTOCOL';
};

/** The longest that a Retry-After keeps Phi away. */
const LONGEST_RETRY_AFTER_S = 3600;

/** @param value of the header; a date would need two clocks to agree, and counts as none */
const retryAfterOf = (value: unknown): number | undefined =>
  typeof value === 'string' && /^\d{1,9}$/.test(value)
    ? Math.min(Number(value), LONGEST_RETRY_AFTER_S) * 1000
    : undefined;

/**
 * What an answer with such a status means where another was expected.
 *
 * @param said the problem details' text, or nothing
 */
export const statusTrouble = (
  request: string,
  url: string,
  { status, retryAfter, said }: { status: number; retryAfter: unknown; said: string | undefined },
): ModuleTrouble => {
  const retryAfterMs = retryAfterOf(retryAfter);
  const redirected = status >= 300 && status < 400 ? ' (redirects are not followed)' : '';
  return new ModuleTrouble(
    codeOf(status),
    `${request} was answered ${String(status)}${redirected}${said === undefined ? '' : `: ${said}`}`,
    {
      url,
      refused: status < 500 && status !== 429 && status !== 408,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  );
};
