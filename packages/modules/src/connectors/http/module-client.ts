import { types } from 'node:util';
import { PhiError } from '@phi/core';
import { request, type Dispatcher } from 'undici';
import type { z } from 'zod';
import { contractProblemSchema } from '../../contract/contract-problem.js';
import { describeIssues } from '../../contract/error-report.js';
import { jobListSchema } from '../../contract/job-listing.js';
import { jobLogsSchema, type JobLogs } from '../../contract/job-logs.js';
import type { SentJobRequest } from '../../contract/job-request.js';
import {
  hasEnded,
  jobStatusSchema,
  jobSummarySchema,
  type JobStatus,
  type JobSummary,
} from '../../contract/job-status.js';
import { moduleDescriptionSchema, type ModuleDescription } from '../../contract/module-description.js';
import { createGuardedDispatcher } from '../../http/guarded-dispatcher.js';
import { ModuleTrouble, statusTrouble } from './module-trouble.js';

/** Bytes of one answer that are read. */
const ANSWER_BYTES = 1024 * 1024;
/** Characters of a refusal's text that a message takes over. */
const SAID_LENGTH = 1000;

export interface ModuleClientOptions {
  /** The module's base address. */
  readonly url: string;
  /** Sent with every request, secrets put in. */
  readonly headers: Readonly<Record<string, string>>;
  /** How long one answer may take, its last byte included. */
  readonly requestTimeoutMs: number;
  /** Passed before each request: nothing is sent while it does not resolve. */
  readonly beforeSend?: () => Promise<void>;
}

/** A job as the module tells of it. */
export interface SeenJob extends JobStatus {
  /** What is wrong with the status of a job that has ended: the rest of it is left out. */
  readonly unreadable?: string;
}

/** Which job is asked for, and by which attempt. */
export interface AskedJob {
  readonly ref: string;
  /** The Idempotency-Key that it was submitted under. */
  readonly key: string;
  /** Left out where no attempt asks. */
  readonly fence?: number;
}

interface Answer {
  readonly status: number;
  readonly retryAfter: unknown;
  readonly text: string;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** Redirects, bytes beyond the limit and addresses of other hosts are not followed, read or dialled. */
const dispatcherOf = (url: URL, requestTimeoutMs: number): Dispatcher => {
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  // The operator wrote this address: it may be anywhere.
  return createGuardedDispatcher({
    allow: [`${url.hostname}:${port}`],
    connectTimeoutMs: requestTimeoutMs,
    idleTimeoutMs: requestTimeoutMs,
  });
};

/**
 * Asks one remote module (docs/module-contract.md). Every method fails with a ModuleTrouble where there is no usable answer: no connection, no
 * end in time, a status that says no, or what the contract does not have.
 */
export class ModuleClient {
  readonly #base: URL;
  readonly #options: ModuleClientOptions;
  readonly #dispatcher: Dispatcher;

  constructor(options: ModuleClientOptions) {
    this.#options = options;
    this.#base = new URL(options.url);
    this.#dispatcher = dispatcherOf(this.#base, options.requestTimeoutMs);
  }

  /** The module's address without what may be secret in it. */
  get url(): string {
    return `${this.#base.origin}${this.#base.pathname}`;
  }

  /** Starts a job, or finds the one under that key. */
  async submit(key: string, body: SentJobRequest): Promise<JobSummary> {
    const { fence } = body.execution_context;
    const headers = { 'idempotency-key': key, ...fenceHeader(fence) };
    const call: Call = { method: 'POST', path: '/v1/jobs', headers, body };
    const answer = await this.#ask(call);
    if (answer.status !== 202) throw this.#refusal(call, answer);
    const job = this.#read(call, answer, jobSummarySchema);
    if (job.idempotency_key !== key)
      throw this.#nonsense(call, `answered with the job of another key, "${job.idempotency_key}"`);
    return job;
  }

  /** @returns undefined where the module does not know it */
  async status(job: AskedJob): Promise<SeenJob | undefined> {
    const call: Call = { method: 'GET', path: pathOf(job), headers: fenceHeader(job.fence) };
    const answer = await this.#ask(call);
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw this.#refusal(call, answer);
    return this.#readJob(call, answer, job);
  }

  /**
   * Asks a job to stop.
   *
   * @returns what it is now: it runs unless its state is one of the ends; undefined where the module does not know it
   */
  async cancel(job: AskedJob): Promise<SeenJob | undefined> {
    const call: Call = { method: 'DELETE', path: pathOf(job), headers: fenceHeader(job.fence) };
    const answer = await this.#ask(call);
    if (answer.status === 404) return undefined;
    const isEnd = answer.status === 409 && !isProblem(answer);
    if (answer.status !== 200 && answer.status !== 202 && !isEnd) throw this.#refusal(call, answer);
    return this.#readJob(call, answer, job);
  }

  /** The job under a key, if there is one. */
  async find(key: string): Promise<JobSummary | undefined> {
    const call: Call = { method: 'GET', path: '/v1/jobs', query: { idempotency_key: key } };
    const answer = await this.#ask(call);
    if (answer.status !== 200) throw this.#refusal(call, answer);
    return this.#read(call, answer, jobListSchema).jobs.find((job) => job.idempotency_key === key);
  }

  /** @param after the sequence of the last line that is known */
  async logs({ ref }: Pick<AskedJob, 'ref'>, after: number): Promise<JobLogs> {
    const call: Call = { method: 'GET', path: `${pathOf({ ref })}/logs`, query: { after: String(after) } };
    const answer = await this.#ask(call);
    if (answer.status !== 200) throw this.#refusal(call, answer);
    return this.#read(call, answer, jobLogsSchema);
  }

  async describe(): Promise<ModuleDescription> {
    const call: Call = { method: 'GET', path: '/v1/module' };
    const answer = await this.#ask(call);
    if (answer.status !== 200) throw this.#refusal(call, answer);
    return this.#read(call, answer, moduleDescriptionSchema);
  }

  async close(): Promise<void> {
    await this.#dispatcher.destroy();
  }

  #readJob(call: Call, answer: Answer, { ref, key }: AskedJob): SeenJob {
    const summary = this.#read(call, answer, jobSummarySchema);
    if (summary.ref !== ref || summary.idempotency_key !== key)
      throw this.#nonsense(
        call,
        `answered with another job, "${summary.ref}" of key "${summary.idempotency_key}"`,
      );
    const status = jobStatusSchema.safeParse(parseJson(answer.text));
    if (status.success) return status.data;
    const unreadable = describeIssues(`status of job ${ref}`, status.error);
    if (!hasEnded(summary.state)) throw this.#nonsense(call, `answered what cannot be read: ${unreadable}`);
    // It will never say anything else.
    return { ...jobStatusSchema.parse(summary), unreadable };
  }

  #read<T>(call: Call, answer: Answer, schema: z.ZodType<T>): T {
    const value = parseJson(answer.text);
    if (value === undefined) throw this.#nonsense(call, 'did not answer with JSON');
    const parsed = schema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw this.#nonsense(
      call,
      `answered what the contract does not have: ${describeIssues('answer', parsed.error)}`,
    );
  }

  #refusal(call: Call, answer: Answer): ModuleTrouble {
    return statusTrouble(this.#named(call), this.url, { ...answer, said: saidIn(answer) });
  }

  #nonsense(call: Call, what: string): ModuleTrouble {
    return new ModuleTrouble('EXEC_032_REMOTE_PROTOCOL', `${this.#named(call)} ${what}`, { url: this.url });
  }

  #named({ method, path }: Call): string {
    return `${method} ${this.#base.origin}${this.#pathname(path)}`;
  }

  #pathname(path: string): string {
    return this.#base.pathname.replace(/\/+$/, '') + path;
  }

  async #ask(call: Call): Promise<Answer> {
    const url = new URL(this.#base);
    url.pathname = this.#pathname(call.path);
    url.search = new URLSearchParams(call.query).toString();
    await this.#options.beforeSend?.();
    const inTime = AbortSignal.timeout(this.#options.requestTimeoutMs);
    try {
      const { statusCode, headers, body } = await request(url, {
        dispatcher: this.#dispatcher,
        method: call.method,
        headers: {
          accept: 'application/json',
          ...this.#options.headers,
          ...call.headers,
          ...(call.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
        signal: inTime,
      });
      const text = await this.#readBody(call, body);
      return { status: statusCode, retryAfter: headers['retry-after'], text };
    } catch (error) {
      if (error instanceof PhiError) throw error;
      const why = inTime.aborted
        ? `had no whole answer within ${String(this.#options.requestTimeoutMs / 1000)} s`
        : `failed: ${messageOf(error)}`;
      throw new ModuleTrouble('EXEC_018_CONNECTION_FAILED', `${this.#named(call)} ${why}`, {
        url: this.url,
        cause: error,
      });
    }
  }

  async #readBody(call: Call, body: AsyncIterable<Uint8Array>): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    // Leaving the loop ends the connection.
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > ANSWER_BYTES)
        throw this.#nonsense(call, `answered with more than ${String(ANSWER_BYTES)} bytes`);
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }
}

const pathOf = ({ ref }: Pick<AskedJob, 'ref'>): string => `/v1/jobs/${ref}`;

const fenceHeader = (fence: number | undefined): Record<string, string> =>
  fence === undefined ? {} : { 'phi-fence': String(fence) };

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
};

const isProblem = ({ text }: Answer): boolean => contractProblemSchema.safeParse(parseJson(text)).success;

/** What a refusal says in words. */
const saidIn = ({ text }: Answer): string | undefined => {
  const parsed = contractProblemSchema.safeParse(parseJson(text));
  if (!parsed.success) return undefined;
  const { code, title, detail } = parsed.data;
  return [code, detail ?? title]
    .filter((part) => part !== undefined)
    .join(': ')
    .slice(0, SAID_LENGTH);
};

const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return types.isNativeError(error) ? error.message || error.name : String(error);
};
