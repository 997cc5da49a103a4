import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import {
  jobRequestSchema,
  requestFingerprint,
  signCallback,
  type JobRequest,
  type JobState,
} from '@phi/modules';

/** What a stub does wrong. */
export type Fault =
  | 'other-version'
  | 'no-description'
  | 'no-token'
  | 'accepts-with-200'
  | 'no-ref'
  | 'other-key'
  | 'no-key-needed'
  | 'takes-anything'
  | 'errors-as-html'
  | 'wrong-problem-status'
  | 'malformed-500'
  | 'large-500'
  | 'job-per-post'
  | 'job-per-attempt'
  | 'forgets-ended'
  | 'race'
  | 'same-job-for-other-work'
  | 'other-code'
  | 'one-generation'
  | 'never-ends'
  | 'cancels-itself'
  | 'no-counts'
  | 'no-error'
  | 'sequence-falls'
  | 'sequence-stays'
  | 'goes-back'
  | 'progress-falls'
  | 'progress-beyond-total'
  | 'delete-changes-end'
  | 'delete-of-end-200'
  | 'end-changes'
  | 'unknown-200'
  | 'unknown-stop-200'
  | 'lists-twice'
  | 'lists-all'
  | 'ignores-state'
  | 'no-list'
  | 'confirms-at-once'
  | 'revives'
  | 'never-stops'
  | 'stops-once'
  | 'no-fences'
  | 'fences-submit-only'
  | 'no-callback'
  | 'unsigned'
  | 'wrong-signature'
  | 'old-timestamp'
  | 'callback-of-another'
  | 'callback-without-status'
  | 'callback-no-json'
  | 'lines-out-of-order'
  | 'ignores-after'
  | 'refuses-checkpoint'
  | 'redirects'
  | 'huge-answers'
  | 'no-json'
  | 'hangs'
  | 'answers-for-another';

interface StubJob {
  readonly ref: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly request: JobRequest;
  state: JobState;
  sequence: number;
  looks: number;
}

class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
  ) {
    super(code);
  }
}

const ENDS: readonly JobState[] = ['SUCCEEDED', 'FAILED', 'CANCELLED'];

/**
 * A module in memory that keeps the contract but for one fault. A job gets on by being looked at; one with the parameter `slow` runs until
 * it is stopped.
 */
export class StubModule {
  readonly #server: Server;
  readonly #jobs: StubJob[] = [];
  readonly #fences = new Map<string, number>();
  #isFirstToLook = true;

  private constructor(
    private readonly token: string,
    private readonly fault: Fault | undefined,
  ) {
    this.#server = createServer((request, response) => void this.#answer(request, response));
  }

  static async start(token: string, fault?: Fault): Promise<StubModule> {
    const stub = new StubModule(token, fault);
    stub.#server.listen(0, '127.0.0.1');
    await once(stub.#server, 'listening');
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  /** Jobs that run. */
  get running(): number {
    return this.#jobs.filter(({ state }) => !ENDS.includes(state)).length;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #has(fault: Fault): boolean {
    return this.fault === fault;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', this.url);
    try {
      if (this.#has('hangs') && url.pathname !== '/v1/module') return;
      if (this.#has('redirects')) {
        response.writeHead(307, { location: `${this.url}/elsewhere` }).end();
        return;
      }
      const isLetIn = request.headers.authorization === `Bearer ${this.token}`;
      if (!isLetIn && !this.#has('no-token')) throw new Problem(401, 'UNAUTHENTICATED');
      const [status, body] = await this.#route(request, url);
      const sent = this.#has('no-json') ? 'fine' : JSON.stringify(body);
      const padded = this.#has('huge-answers') ? `${sent}${' '.repeat(2 * 1024 * 1024)}` : sent;
      response.writeHead(status, { 'content-type': 'application/json' }).end(padded);
    } catch (error) {
      this.#refuse(response, error instanceof Problem ? error : new Problem(500, 'INTERNAL'));
    }
  }

  #refuse(response: ServerResponse, { status, code }: Problem): void {
    if (this.#has('errors-as-html')) {
      response.writeHead(status, { 'content-type': 'text/html' }).end('<h1>No</h1>');
      return;
    }
    const told = this.#has('wrong-problem-status') ? 418 : status;
    const body = { title: code, status: told, code: this.#has('other-code') ? 'CONFLICT' : code };
    response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
  }

  async #route(request: IncomingMessage, { pathname, searchParams }: URL): Promise<[number, unknown]> {
    const method = request.method ?? '';
    if (pathname === '/v1/module') return this.#describe();
    if (pathname === '/v1/jobs' && method === 'POST') return this.#submit(request, await text(request));
    if (pathname === '/v1/jobs') return this.#list(searchParams);
    const [, ref = '', logs] = /^\/v1\/jobs\/([^/]+)(\/logs)?$/.exec(pathname) ?? [];
    const job = this.#find(ref, method);
    if (logs !== undefined) return this.#logs(searchParams);
    return method === 'DELETE' ? this.#cancel(job, request) : this.#look(job);
  }

  #describe(): [number, unknown] {
    if (this.#has('no-description')) throw new Problem(404, 'UNKNOWN_ROUTE');
    const capabilities = ['callbacks', 'cancel', 'logs', 'checkpoints', 'fences'];
    return [
      200,
      { names: ['STUB'], contract_version: this.#has('other-version') ? '2.0' : '1.0', capabilities },
    ];
  }

  #parse(body: string): JobRequest {
    let value: unknown;
    try {
      value = JSON.parse(body);
    } catch {
      throw this.#has('malformed-500') ? new Problem(500, 'INTERNAL') : new Problem(400, 'INVALID_REQUEST');
    }
    const parsed = jobRequestSchema.safeParse(value);
    if (parsed.success) return parsed.data;
    throw new Problem(this.#has('takes-anything') ? 202 : 400, 'INVALID_REQUEST');
  }

  async #submit({ headers }: IncomingMessage, body: string): Promise<[number, unknown]> {
    if (body.length > 1024 * 1024) throw new Problem(this.#has('large-500') ? 500 : 413, 'INVALID_REQUEST');
    const request = this.#parse(body);
    const given = headers['idempotency-key'];
    if (typeof given !== 'string' && !this.#has('no-key-needed')) throw new Problem(400, 'INVALID_REQUEST');
    if (request.checkpoint !== undefined && this.#has('refuses-checkpoint'))
      throw new Problem(400, 'INVALID_REQUEST');
    const key = this.#has('one-generation') ? String(given).replace(/\d+$/, '1') : String(given);
    this.#fence(request, request.execution_context.fence);
    const known = this.#known(key, request);
    if (this.#has('race')) await this.#company();
    if (
      known !== undefined &&
      known.fingerprint !== requestFingerprint(request) &&
      !this.#has('same-job-for-other-work')
    )
      throw new Problem(409, 'KEY_REUSED');
    const job = known ?? this.#begin(key, request);
    const told = { ...this.#summary(job), idempotency_key: String(given) };
    if (this.#has('other-key')) told.idempotency_key = 'another';
    return [
      this.#has('accepts-with-200') ? 200 : 202,
      this.#has('no-ref') ? { ...told, ref: undefined } : told,
    ];
  }

  /** Resolves once another submission has looked for its job as well. */
  async #company(): Promise<void> {
    this.#server.emit('looked');
    if (this.#isFirstToLook) {
      this.#isFirstToLook = false;
      await once(this.#server, 'looked');
    }
  }

  #known(key: string, { execution_context: { attempt_number } }: JobRequest): StubJob | undefined {
    if (this.#has('job-per-post')) return undefined;
    if (this.#has('job-per-attempt') && attempt_number > 1) return undefined;
    const known = this.#jobs.find((job) => job.key === key);
    return this.#has('forgets-ended') && known !== undefined && ENDS.includes(known.state)
      ? undefined
      : known;
  }

  #begin(key: string, request: JobRequest): StubJob {
    const fingerprint = requestFingerprint(request);
    const job: StubJob = {
      ref: randomUUID(),
      key,
      fingerprint,
      request,
      state: 'ACCEPTED',
      sequence: 1,
      looks: 0,
    };
    this.#jobs.push(job);
    void this.#callBack(job);
    return job;
  }

  #fence({ execution_context: { chain_id, stage } }: JobRequest, fence: number): void {
    const name = `${chain_id}/${stage}`;
    if (fence < (this.#fences.get(name) ?? 0) && !this.#has('no-fences'))
      throw new Problem(409, 'STALE_FENCE');
    this.#fences.set(name, Math.max(fence, this.#fences.get(name) ?? 0));
  }

  #find(ref: string, method: string): StubJob {
    const found = this.#jobs.find((job) => job.ref === ref);
    if (found !== undefined) return found;
    const [first] = this.#jobs;
    const liesTo = this.#has('unknown-200') || (this.#has('unknown-stop-200') && method === 'DELETE');
    if (liesTo && first !== undefined) return first;
    if (liesTo) throw new Problem(200, 'FINE');
    throw new Problem(404, 'UNKNOWN_JOB');
  }

  #look(job: StubJob): [number, unknown] {
    job.looks += 1;
    if (job.state === 'CANCELLED' && this.#has('revives')) job.state = 'RUNNING';
    else if (!ENDS.includes(job.state)) this.#getOn(job);
    else if (this.#has('end-changes') && job.looks > 5)
      job.state = job.state === 'FAILED' ? 'SUCCEEDED' : 'FAILED';
    return [200, this.#status(job)];
  }

  #getOn(job: StubJob): void {
    const isSlow = job.request.parameters instanceof Object && 'slow' in job.request.parameters;
    const path: JobState[] = [
      'ACCEPTED',
      'RUNNING',
      'RUNNING',
      this.#has('goes-back') ? 'ACCEPTED' : 'RUNNING',
    ];
    const end: JobState = this.#has('cancels-itself')
      ? 'CANCELLED'
      : this.#has('no-error')
        ? 'FAILED'
        : 'SUCCEEDED';
    job.state = path[job.looks] ?? (isSlow || this.#has('never-ends') ? 'RUNNING' : end);
    if (!this.#has('sequence-stays')) job.sequence += 1;
    if (this.#has('sequence-falls') && job.looks === 3) job.sequence = 1;
  }

  #summary({ ref, key: idempotency_key, state, sequence }: StubJob) {
    return { ref, idempotency_key, state, sequence };
  }

  #status(job: StubJob): object {
    const records = this.#has('progress-falls') ? 100 - job.looks : job.looks;
    const total = this.#has('progress-beyond-total') ? 1 : 100;
    const counts = this.#has('no-counts') ? {} : { records_processed: 1, records_failed: 0 };
    return {
      ...this.#summary(job),
      ...(this.#has('answers-for-another') ? { ref: 'another' } : {}),
      progress: { records, total },
      checkpoint: 'half way',
      ...(job.state === 'SUCCEEDED' ? counts : {}),
    };
  }

  #list(query: URLSearchParams): [number, unknown] {
    if (this.#has('no-list')) throw new Problem(404, 'UNKNOWN_ROUTE');
    const [key, prefix, state] = ['idempotency_key', 'prefix', 'state'].map((name) => query.get(name));
    const found = this.#jobs.filter(
      (job) =>
        this.#has('lists-all') ||
        ((key === null || job.key === key) &&
          (prefix === null || job.key.startsWith(prefix ?? '')) &&
          (state === null || job.state === state || this.#has('ignores-state'))),
    );
    const listed = this.#has('lists-twice') ? [...found, ...found] : found;
    return [200, { jobs: listed.map((job) => this.#summary(job)) }];
  }

  #cancel(job: StubJob, { headers }: IncomingMessage): [number, unknown] {
    const fence = headers['phi-fence'];
    if (fence !== undefined && !this.#has('fences-submit-only')) this.#fence(job.request, Number(fence));
    if (job.state === 'CANCELLED') {
      if (this.#has('stops-once')) throw new Problem(404, 'UNKNOWN_JOB');
      return [200, this.#status(job)];
    }
    if (ENDS.includes(job.state)) {
      if (this.#has('delete-changes-end')) job.state = 'CANCELLED';
      return [this.#has('delete-of-end-200') ? 200 : 409, this.#status(job)];
    }
    if (this.#has('confirms-at-once')) return [200, this.#status(job)];
    if (this.#has('never-stops')) return [202, this.#status(job)];
    job.state = 'CANCELLED';
    job.sequence += 1;
    return [200, this.#status(job)];
  }

  #logs(query: URLSearchParams): [number, unknown] {
    const after = this.#has('ignores-after') ? 0 : Number(query.get('after') ?? 0);
    const order = this.#has('lines-out-of-order') ? [2, 1] : [1, 2];
    const lines = order
      .map((sequence) => ({ sequence, message: 'line' }))
      .filter(({ sequence }) => sequence > after);
    return [200, { lines }];
  }

  async #callBack(job: StubJob): Promise<void> {
    const { callback } = job.request;
    if (callback === undefined || this.#has('no-callback')) return;
    const id = randomUUID();
    const timestamp = Math.floor(Date.now() / 1000) - (this.#has('old-timestamp') ? 3600 : 0);
    const status = { ...this.#status(job), ...(this.#has('callback-of-another') ? { ref: 'another' } : {}) };
    const said = JSON.stringify(this.#has('callback-without-status') ? { ref: job.ref } : status);
    const body = this.#has('callback-no-json') ? 'done' : said;
    const secret = this.#has('wrong-signature') ? 'whsec_d3Jvbmc=' : callback.secret;
    const signature = { 'webhook-signature': signCallback(secret, { id, timestamp }, body) };
    const headers = { 'webhook-id': id, 'webhook-timestamp': String(timestamp) };
    await fetch(callback.url, {
      method: 'POST',
      headers: { ...headers, ...(this.#has('unsigned') ? {} : signature) },
      body,
    });
  }
}
