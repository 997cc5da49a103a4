import type * as z from 'zod';

import { CliError } from '../cli-error.js';
import { errorCode } from '../error-code.js';
import { ApiRefusal } from './api-error.js';
import type { ApiAddress } from './find-api.js';

/** The longest that one answer may take, in milliseconds. */
const TIMEOUT_MS = 60_000;

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
}

/** The API could not be reached, or broke off. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';

  constructor(
    readonly url: string,
    reason: string,
    cause: unknown,
  ) {
    super(reason, { cause });
  }

  toCliError(): CliError {
    const advice = 'start Phi with `npm start`, or say where it is with --url or PHI_API_URL';
    return CliError.failed([`${this.message} at ${this.url}: ${advice}`], this);
  }
}

/** Speaks to the control plane of Phi. Answers are checked against what the command needs of them. */
export class ApiClient {
  /** @param signal - aborts what is under way */
  constructor(
    readonly address: ApiAddress,
    private readonly signal: AbortSignal,
  ) {}

  /**
   * @throws ApiRefusal for an answer that is not a success
   * @throws Unreachable when there is no answer
   */
  get<T>(path: string, schema: z.ZodType<T>, query: Query = {}): Promise<T> {
    return this.request({ method: 'GET', path, query }, schema);
  }

  /** As `get`, and undefined for what is not there; an id that cannot be one of this kind is not there either. */
  async find<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    try {
      return await this.get(path, schema);
    } catch (error) {
      if (error instanceof ApiRefusal && [400, 404, 422].includes(error.status)) return undefined;
      throw error;
    }
  }

  /** As `get`, with a body. */
  post<T>(path: string, body: unknown, schema: z.ZodType<T>, query: Query = {}): Promise<T> {
    return this.request({ method: 'POST', path, query, body }, schema);
  }

  private async request<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
    const response = await this.send(request);
    const text = await this.read(() => response.text());
    if (!response.ok) throw this.refusal(response.status, text);
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const reason = issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`;
    throw CliError.failed([`${this.address.url} does not answer ${request.path} as Phi's API does${reason}`]);
  }

  private send({ method, path, query, body }: Request): Promise<Response> {
    const url = new URL(`${this.address.url}${path}`);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.address.key !== undefined) headers['authorization'] = `Bearer ${this.address.key}`;
    const init: RequestInit = {
      method,
      headers,
      signal: AbortSignal.any([this.signal, AbortSignal.timeout(TIMEOUT_MS)]),
    };
    if (body !== undefined) {
      headers['content-type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    return this.read(() => fetch(url, init));
  }

  private async read<T>(exchange: () => Promise<T>): Promise<T> {
    try {
      return await exchange();
    } catch (error) {
      this.signal.throwIfAborted();
      throw new Unreachable(this.address.url, reasonOf(error), error);
    }
  }

  private refusal(status: number, text: string): Error {
    if (status !== 401 || this.address.key !== undefined) return new ApiRefusal(status, text);
    const advice =
      'give one with --key or PHI_API_KEY, or name the data directory that has admin.key with PHI_DATA_DIR';
    return CliError.failed([`${this.address.url} asks for a key, and none was found: ${advice}`]);
  }
}

/** One part of a path, whatever characters it has. */
export function segment(id: string): string {
  return encodeURIComponent(id);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return `no answer within ${String(TIMEOUT_MS / 1000)} seconds`;
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = errorCode(cause);
  if (code === 'ECONNREFUSED') return 'nothing answers';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'there is no such host';
  return `the connection failed (${code ?? (cause instanceof Error ? cause.message : String(cause))})`;
}
