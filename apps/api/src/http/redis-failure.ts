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
  /^(?:Connection is closed|Stream isn't writeable|Command timed out|Connection in subscriber mode)/;
/** First word of a reply by which Redis says that it cannot serve now. */
const REFUSED_TEXT = /^(?:LOADING|OOM|READONLY|MISCONF|MASTERDOWN|CLUSTERDOWN|BUSY|NOREPLICAS)\b/;

/** Whether an error says that Redis has no memory left for what was to be written, however deep that lies. */
export function isOutOfMemory(error: unknown): boolean {
  return causesOf(error).some(({ message }) => message.startsWith('OOM '));
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
