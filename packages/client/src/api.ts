import { ApiProblem } from './api-problem.js';
import { exchange, parseJson, type ApiAddress, type ApiRequest } from './exchange.js';
import { retrying } from './retry.js';

export interface ApiOptions {
  readonly address: ApiAddress;
  readonly fetch: typeof fetch | undefined;
  readonly timeoutMs: number;
  readonly tries: number;
  readonly random: () => number;
}

/** A request that may be repeated: it reads, or carries what the API knows it by. */
export type Repeatable = Pick<ApiRequest, 'method' | 'path' | 'body' | 'signal'>;

/** Asks the control plane, again where that is worth it. */
export class Api {
  constructor(private readonly options: ApiOptions) {}

  /**
   * @param fields - that an answer must have, as texts; what does not is no answer of Phi's
   * @throws ApiProblem, Unreachable
   */
  ask<Answer>(request: Repeatable, fields: readonly (string & keyof Answer)[]): Promise<Answer> {
    return retrying({ ...this.options, signal: request.signal }, () => this.once(request, fields));
  }

  private async once<Answer>(request: Repeatable, fields: readonly string[]): Promise<Answer> {
    const { address, fetch: send, timeoutMs } = this.options;
    const answer = await exchange(address, { ...request, timeoutMs, fetch: send });
    const what = `${request.method} ${request.path}`;
    if (answer.status < 200 || answer.status > 299) throw new ApiProblem(what, answer);
    const value = parseJson(answer.text);
    if (!hasTexts(value, fields)) throw new TypeError(`${address.url} does not answer ${what} as Phi does`);
    return value as Answer;
  }
}

function hasTexts(value: unknown, fields: readonly string[]): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const known = value as Readonly<Record<string, unknown>>;
  return fields.every((field) => typeof known[field] === 'string');
}
