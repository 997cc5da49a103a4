import { Unreachable } from './unreachable.js';

/** Where the API is, and the key to show it. */
export interface ApiAddress {
  /** Without a slash at its end. */
  readonly url: string;
  readonly key: string | undefined;
}

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** From its first slash; see {@link segment}. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The longest that the answer may take, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborts it. */
  readonly signal?: AbortSignal | undefined;
  /** Default: the global one. */
  readonly fetch?: typeof fetch | undefined;
}

export interface ApiAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/**
 * One request to the control plane and its whole answer, whatever it says.
 *
 * @throws Unreachable when there is no answer; the reason of `signal` once that is aborted
 */
export async function exchange(address: ApiAddress, request: ApiRequest): Promise<ApiAnswer> {
  const { timeoutMs, signal, fetch: send = fetch } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  const url = urlOf(address, request);
  const init = {
    method: request.method,
    headers: headersOf(address, request),
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  };
  try {
    const response = await send(url, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    signal?.throwIfAborted();
    throw new Unreachable(address.url, error, timeout.aborted ? timeoutMs : undefined);
  }
}

/** No id: in a path it would lead elsewhere. */
export class InvalidId extends TypeError {
  override readonly name = 'InvalidId';

  constructor(id: string) {
    super(`${JSON.stringify(id)} is no id`);
  }
}

/**
 * One part of a path, whatever characters it has.
 *
 * @throws InvalidId
 */
export function segment(id: string): string {
  if (['', '.', '..'].includes(id)) throw new InvalidId(id);
  return encodeURIComponent(id);
}

/** What a text is as JSON; undefined for a text that is none. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function urlOf(address: ApiAddress, { path, query = {} }: ApiRequest): URL {
  const url = new URL(`${address.url}${path}`);
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url;
}

function headersOf({ key }: ApiAddress, { body }: ApiRequest): Record<string, string> {
  return {
    accept: 'application/json',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
}
