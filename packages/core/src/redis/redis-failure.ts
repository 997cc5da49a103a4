const UNREACHABLE_NAMES: ReadonlySet<string> = new Set([
  'MaxRetriesPerRequestError',
  'ClusterAllFailedError',
]);
const UNREACHABLE_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
]);
const UNREACHABLE_TEXT =
  /^(?:Connection is closed|Stream isn't writeable|Command timed out|Command aborted|Connection in subscriber mode|Socket timeout)/;
/** First word of a reply by which Redis says that it cannot serve now. */
const REFUSED_TEXT = /^(?:LOADING|OOM|READONLY|MISCONF|MASTERDOWN|CLUSTERDOWN|BUSY|NOREPLICAS)\b/;
/** Of these, what another connection to the same address may not hear: the address leads to a replica, or to the wrong one. */
const NOT_PRIMARY_TEXT = /^(?:READONLY|MASTERDOWN)\b/;

/** Whether an error says that Redis has no memory left for what was to be written, however deep that lies. */
export function isOutOfMemory(error: unknown): boolean {
  return causesOf(error).some(({ message }) => message.startsWith('OOM '));
}

/** Whether a reply says that the server is no primary, or not any more: another one is to be connected to. */
export function isNotPrimary(error: unknown): boolean {
  return causesOf(error).some(({ message }) => NOT_PRIMARY_TEXT.test(message));
}

/**
 * Whether an error says nothing but that Redis is away, which whoever keeps the connection tells of. A refused connection alone does
 * not count: it may be to something else.
 */
export function isRedisAway(error: unknown): boolean {
  return causesOf(error).some(
    ({ name, message }) =>
      UNREACHABLE_NAMES.has(name) ||
      UNREACHABLE_TEXT.test(message) ||
      NOT_PRIMARY_TEXT.test(message) ||
      message.startsWith('LOADING '),
  );
}

/** Why Redis cannot serve, if that is what an error says, however deep it lies. */
export function redisFailure(error: unknown): string | undefined {
  for (const current of causesOf(error)) {
    if (
      UNREACHABLE_NAMES.has(current.name) ||
      UNREACHABLE_CODES.has(current.code ?? '') ||
      UNREACHABLE_TEXT.test(current.message)
    ) {
      return 'Redis is out of reach.';
    }
    const word = REFUSED_TEXT.exec(current.message)?.[0];
    if (word !== undefined) return `Redis does not serve now (${word}).`;
  }
  return undefined;
}

const CAUSES_AT_MOST = 5;

function causesOf(error: unknown): ErrorLike[] {
  const causes: ErrorLike[] = [];
  for (let current = error; isErrorLike(current) && causes.length < CAUSES_AT_MOST; current = current.cause)
    causes.push(current);
  return causes;
}

interface ErrorLike {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly cause?: unknown;
}

function isErrorLike(value: unknown): value is ErrorLike {
  return (
    typeof value === 'object' &&
    value !== null &&
    'message' in value &&
    typeof value.message === 'string' &&
    'name' in value
  );
}
