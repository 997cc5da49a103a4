import { createHmac, randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

import type {
  ScriptedReply,
  ScriptedRequest,
  SeenRequest,
  StubJob,
  StubOrder,
  StubView,
} from './stub-script.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Longer than any test takes. */
const KEPT_MS = 600_000;
const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * A remote module that does no work and what it is told: it speaks the module contract, or answers as a script has it. Written over
 * nothing of Phi's, so that it misunderstands nothing in the same way.
 */
export class StubServer {
  readonly #server: Server;
  readonly #scripts = new Map<ScriptedRequest, ScriptedReply[]>();
  readonly #seen: SeenRequest[] = [];
  #jobs: StubJob[] = [];
  #lines: string[] = [];
  #beginWith: Readonly<Record<string, unknown>> = { state: 'RUNNING' };
  #ignoresCancel = false;
  #onSeen = new Set<() => void>();

  /** @param memory - a file that jobs are kept in, over a restart */
  constructor(private readonly memory: string | undefined) {
    if (memory !== undefined && existsSync(memory))
      this.#jobs = JSON.parse(readFileSync(memory, 'utf8')) as StubJob[];
    this.#server = createServer((request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
    // An idle connection is not ended at the moment in which it is used again.
    this.#server.keepAliveTimeout = KEPT_MS;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stub');
    const text = await readAll(request);
    const body = text === '' ? undefined : (JSON.parse(text) as unknown);
    if (url.pathname.startsWith('/control/')) return this.#control(url, body, response);
    if (url.pathname === '/v1/module') {
      const description = {
        names: ['STUB'],
        contract_version: '1.0',
        capabilities: ['callbacks', 'cancel', 'logs'],
      };
      return send(response, { status: 200, body: description }, {});
    }
    const [, , , ref, logs] = url.pathname.split('/');
    const kind = kindOf(request.method ?? '', ref, logs);
    this.#note(kind, ref, request, body);
    const reply = this.#nextReply(kind);
    if (reply?.delayMs !== undefined) await sleep(reply.delayMs);
    const proper = reply === undefined || reply.works === true || reply.lies !== undefined;
    const answer = proper ? this.#answer(kind, { url, ref, body, request }) : { status: 200, body: '' };
    if (reply?.cut === true) response.destroy();
    else await send(response, answer, reply ?? {});
  }

  async #control(url: URL, body: unknown, response: ServerResponse): Promise<void> {
    if (url.pathname === '/control/view') {
      const view: StubView = { seen: this.#seen, jobs: this.#jobs };
      return send(response, { status: 200, body: view }, {});
    }
    if (url.pathname === '/control/await') {
      const [kind, count] = [url.searchParams.get('request'), Number(url.searchParams.get('count'))];
      await this.#until(() => this.#seen.filter(({ request }) => request === kind).length >= count);
      return send(response, { status: 200, body: {} }, {});
    }
    return send(response, { status: 200, body: await this.#obey(body as StubOrder) }, {});
  }

  async #obey(order: StubOrder): Promise<unknown> {
    switch (order.op) {
      case 'script':
        this.#scripts.set(order.request, [...order.replies]);
        return {};
      case 'set':
        this.#change(order.key ?? this.#jobs.at(-1)?.key ?? '', order.status);
        return {};
      case 'begin-with':
        this.#beginWith = order.status;
        return {};
      case 'print':
        this.#lines.push(...order.lines);
        return {};
      case 'forget':
        this.#jobs = [];
        this.#keep();
        return {};
      case 'ignore-cancel':
        this.#ignoresCancel = order.ignore;
        return {};
      case 'call-back':
        return this.#callBack(order.times, order.status);
    }
  }

  #note(request: ScriptedRequest, ref: string | undefined, message: IncomingMessage, body: unknown): void {
    const { 'idempotency-key': key, 'phi-fence': fence } = message.headers;
    this.#seen.push({
      request,
      headers: message.headers,
      ...(ref === undefined ? {} : { ref }),
      ...(typeof key === 'string' ? { key } : {}),
      ...(typeof fence === 'string' ? { fence: Number(fence) } : {}),
      ...(body === undefined ? {} : { body }),
    });
    for (const look of this.#onSeen) look();
  }

  #until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#onSeen.delete(look);
        resolve();
      };
      this.#onSeen.add(look);
      look();
    });
  }

  #nextReply(kind: ScriptedRequest): ScriptedReply | undefined {
    const replies = this.#scripts.get(kind) ?? [];
    const [reply] = replies;
    if (reply === undefined) return undefined;
    const { times = 1, ...rest } = reply;
    if (times <= 1) replies.shift();
    else replies[0] = { ...rest, times: times - 1 };
    return reply;
  }

  #answer(
    kind: ScriptedRequest,
    {
      url,
      ref,
      body,
      request,
    }: { url: URL; ref: string | undefined; body: unknown; request: IncomingMessage },
  ): Answer {
    const job = this.#jobs.find((one) => one.ref === ref);
    if (kind === 'POST') return this.#submit(String(request.headers['idempotency-key']), body);
    if (kind === 'LIST') {
      const key = url.searchParams.get('idempotency_key');
      return { status: 200, body: { jobs: this.#jobs.filter((one) => one.key === key).map(statusOf) } };
    }
    if (job === undefined)
      return { status: 404, body: { title: 'unknown job', status: 404, code: 'UNKNOWN_JOB' } };
    if (kind === 'LOGS') {
      const after = Number(url.searchParams.get('after'));
      const lines = this.#lines.map((message, index) => ({ sequence: index + 1, level: 'info', message }));
      return { status: 200, body: { lines: lines.slice(after) } };
    }
    return kind === 'DELETE' ? this.#cancel(job) : { status: 200, body: statusOf(job) };
  }

  #submit(key: string, body: unknown): Answer {
    let job = this.#jobs.find((one) => one.key === key);
    if (job === undefined) {
      const status = { state: 'RUNNING', ...this.#beginWith, sequence: 1 };
      job = { key, ref: `r-${randomUUID()}`, body: body as StubJob['body'], status };
      this.#jobs.push(job);
      this.#keep();
    }
    return { status: 202, body: statusOf(job) };
  }

  #cancel(job: StubJob): Answer {
    if (job.status.state === 'CANCELLED') return { status: 200, body: statusOf(job) };
    if (job.status.state === 'SUCCEEDED' || job.status.state === 'FAILED')
      return { status: 409, body: statusOf(job) };
    if (this.#ignoresCancel) return { status: 202, body: statusOf(job) };
    this.#change(job.key, { state: 'CANCELLED' });
    return { status: 200, body: statusOf(this.#jobs.find(({ key }) => key === job.key) ?? job) };
  }

  #change(key: string, change: Readonly<Record<string, unknown>>): void {
    this.#jobs = this.#jobs.map((job) =>
      job.key === key
        ? { ...job, status: { ...job.status, ...change, sequence: job.status.sequence + 1 } }
        : job,
    );
    this.#keep();
  }

  async #callBack(
    times: number,
    lie: Readonly<Record<string, unknown>> = {},
  ): Promise<{ answers: number[] }> {
    const job = this.#jobs.at(-1);
    if (job?.body.callback === undefined) throw new Error('no job wants to be called back for');
    const { url, secret } = job.body.callback;
    const body = JSON.stringify({ ...statusOf(job), ...lie });
    const headers = { ...JSON_TYPE, ...signature(secret, body) };
    const answers: number[] = [];
    for (let time = 0; time < times; time += 1)
      answers.push((await fetch(url, { method: 'POST', headers, body })).status);
    return { answers };
  }

  #keep(): void {
    if (this.memory !== undefined) writeFileSync(this.memory, JSON.stringify(this.#jobs));
  }
}

const statusOf = ({ ref, key, status }: StubJob): object => ({ ...status, ref, idempotency_key: key });

const kindOf = (method: string, ref: string | undefined, logs: string | undefined): ScriptedRequest => {
  if (method === 'POST' || method === 'DELETE') return method;
  if (logs === 'logs') return 'LOGS';
  return ref === undefined ? 'LIST' : 'GET';
};

/** As Standard Webhooks has it. */
const signature = (secret: string, body: string): Record<string, string> => {
  const [id, timestamp] = [randomUUID(), String(Math.floor(Date.now() / 1000))];
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const mac = createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${mac}` };
};

const readAll = async (request: IncomingMessage): Promise<string> => {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks).toString('utf8');
};

const send = async (response: ServerResponse, answer: Answer, reply: ScriptedReply): Promise<void> => {
  response.writeHead(reply.status ?? answer.status, { ...JSON_TYPE, ...answer.headers, ...reply.headers });
  const proper = { ...(answer.body as object), ...reply.lies };
  const text = reply.body ?? JSON.stringify(proper);
  if (reply.dripMs === undefined) {
    response.end(text);
    return;
  }
  for (const byte of text) {
    if (response.destroyed) return;
    response.write(byte);
    await sleep(reply.dripMs);
  }
  response.end();
};
