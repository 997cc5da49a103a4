/** The API could not be reached, or broke off: whether the request took effect is not known. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(
    readonly url: string,
    cause: unknown,
    /** Set when that was how long an answer took at most, in milliseconds. */
    timeoutMs: number | undefined,
  ) {
    super(
      timeoutMs === undefined ? reasonOf(cause) : `no answer within ${String(timeoutMs / 1000)} seconds`,
      {
        cause,
      },
    );
  }
}

/** `fetch` says only that it failed; why is in the cause of its error. */
function reasonOf(error: unknown): string {
  const cause = fieldOf(error, 'cause') ?? error;
  const code = fieldOf(cause, 'code');
  if (code === 'ECONNREFUSED') return 'nothing answers';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host';
  return `the connection failed (${String(code ?? fieldOf(cause, 'message') ?? cause)})`;
}

function fieldOf(value: unknown, name: 'cause' | 'code' | 'message'): unknown {
  if (typeof value !== 'object' || value === null) return undefined;
  return (value as Readonly<Record<string, unknown>>)[name];
}
