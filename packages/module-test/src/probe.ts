import { types } from 'node:util';

import { contractProblemSchema, type ContractProblem } from '@phi/modules';
import type * as z from 'zod';

import { CheckFailed } from './verdicts.js';

/** Phi reads no more of an answer. */
const ANSWER_BYTES = 1024 * 1024;
const ANSWER_WITHIN_MS = 10_000;
const SHOWN_LENGTH = 200;

export interface Asked {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is. */
  readonly body?: string;
  /** Leaves the token out. */
  readonly anonymous?: boolean;
}

/** What a module answered to one request. */
export class Answer {
  constructor(
    private readonly asked: Asked,
    readonly status: number,
    private readonly contentType: string,
    private readonly text: string,
  ) {}

  /** Names request and answer in a message. */
  get what(): string {
    const { method, path } = this.asked;
    return `${method} ${path} answered ${String(this.status)}`;
  }

  /** @throws CheckFailed for another status */
  expectStatus(...accepted: readonly number[]): this {
    if (accepted.includes(this.status)) return this;
    throw new CheckFailed(`${this.what}; expected ${accepted.join(' or ')}; it said: ${this.shown}`);
  }

  /** @throws CheckFailed for what the contract does not have */
  read<T>(schema: z.ZodType<T>): T {
    const parsed = schema.safeParse(this.json());
    if (parsed.success) return parsed.data;
    const issues = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'answer'}: ${message}`,
    );
    throw new CheckFailed(`${this.what}, but not as the contract has it: ${issues.join('; ')}`);
  }

  /** A refusal as problem details, with the code that the contract has for it, if it has one. */
  expectProblem(statuses: readonly number[], code?: string): ContractProblem {
    this.expectStatus(...statuses);
    if (!this.contentType.startsWith('application/problem+json'))
      throw new CheckFailed(
        `${this.what} as ${this.contentType || 'nothing in particular'}; expected application/problem+json`,
      );
    const problem = this.read(contractProblemSchema);
    if (problem.status !== this.status)
      throw new CheckFailed(`${this.what}, but the problem has the status ${String(problem.status)}`);
    if (code !== undefined && problem.code !== code)
      throw new CheckFailed(`${this.what} with the code ${problem.code ?? 'none'}; expected ${code}`);
    return problem;
  }

  private json(): unknown {
    try {
      return JSON.parse(this.text);
    } catch (error) {
      throw new CheckFailed(`${this.what}, but not with JSON: ${this.shown}`, { cause: error });
    }
  }

  private get shown(): string {
    return this.text === '' ? 'nothing' : this.text.slice(0, SHOWN_LENGTH);
  }
}

/** Asks a module as Phi does: no redirects, nothing beyond the limits of time and size. */
export class Probe {
  constructor(
    private readonly url: string,
    private readonly token: string | undefined,
  ) {}

  /** @throws CheckFailed where there is no answer; the signal's reason */
  async ask(asked: Asked, signal: AbortSignal): Promise<Answer> {
    const { method, path, headers = {}, body, anonymous = false } = asked;
    const inTime = AbortSignal.timeout(ANSWER_WITHIN_MS);
    const authorization =
      this.token === undefined || anonymous ? {} : { authorization: `Bearer ${this.token}` };
    try {
      const response = await fetch(`${this.url.replace(/\/+$/, '')}${path}`, {
        method,
        headers: {
          accept: 'application/json',
          ...authorization,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        redirect: 'manual',
        signal: AbortSignal.any([signal, inTime]),
        ...(body === undefined ? {} : { body }),
      });
      const text = await readBounded(response);
      return new Answer(asked, response.status, response.headers.get('content-type') ?? '', text);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof CheckFailed) throw error;
      const why = inTime.aborted
        ? `had no whole answer within ${String(ANSWER_WITHIN_MS / 1000)} s`
        : reasonOf(error);
      throw new CheckFailed(`${method} ${path} ${why}`, { cause: error });
    }
  }
}

async function readBounded({ body, url }: Response): Promise<string> {
  if (body === null) return '';
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > ANSWER_BYTES)
      throw new CheckFailed(`${new URL(url).pathname} answered with more than ${String(ANSWER_BYTES)} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** fetch says only that it failed; its cause says why. */
function reasonOf(error: unknown): string {
  const cause = types.isNativeError(error) && error.cause !== undefined ? error.cause : error;
  return `had no answer: ${types.isNativeError(cause) ? cause.message || cause.name : String(cause)}`;
}
