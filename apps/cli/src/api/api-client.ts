import { exchange, parseJson, type ApiAddress } from '@phi/client';
import type * as z from 'zod';

import { CliError } from '../cli-error.js';
import { ApiRefusal } from './api-error.js';

/** The longest that one answer may take, in milliseconds. */
const TIMEOUT_MS = 60_000;

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

interface Request {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Query;
  readonly body?: unknown;
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

  /** As `post`, with PUT. */
  put<T>(path: string, body: unknown, schema: z.ZodType<T>): Promise<T> {
    return this.request({ method: 'PUT', path, body }, schema);
  }

  /** As `get`, with DELETE. */
  delete<T>(path: string, schema: z.ZodType<T>): Promise<T> {
    return this.request({ method: 'DELETE', path }, schema);
  }

  private async request<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
    const sent = { ...request, timeoutMs: TIMEOUT_MS, signal: this.signal };
    const { status, text } = await exchange(this.address, sent);
    if (status < 200 || status > 299) throw this.refusal(status, text);
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const reason = issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`;
    throw CliError.failed([`${this.address.url} does not answer ${request.path} as Phi's API does${reason}`]);
  }

  private refusal(status: number, text: string): Error {
    if (status !== 401 || this.address.key !== undefined) return new ApiRefusal(status, text);
    const advice =
      'give one with --key or PHI_API_KEY, or name the data directory that has admin.key with PHI_DATA_DIR';
    return CliError.failed([`${this.address.url} asks for a key, and none was found: ${advice}`]);
  }
}
