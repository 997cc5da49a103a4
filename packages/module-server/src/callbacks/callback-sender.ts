import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import { signCallback, type JobCallback, type JobStatusInput } from '@phi/modules';

import type { ServerLog } from '../module-server-options.js';

/** Pauses between attempts to deliver one message: then it is given up, Phi looks by itself. */
const PAUSES_MS = [250, 500, 1000, 2000, 4000, 8000];
const ANSWER_WITHIN_MS = 5000;
/** Jobs with a message under way; those beyond are not told of. */
const AT_ONCE = 256;

interface Message {
  readonly callback: JobCallback;
  readonly status: JobStatusInput;
}

/** Tells of changes where a request asked for it, in the background. Only the latest of each job is worth telling. */
export class CallbackSender {
  readonly #pending = new Map<string, Message>();
  readonly #sending = new Map<string, Promise<void>>();
  readonly #closing = new AbortController();

  /** @param now epoch milliseconds */
  constructor(
    private readonly log: Pick<ServerLog, 'warn'>,
    private readonly now: () => number,
  ) {}

  announce(callback: JobCallback | undefined, status: JobStatusInput): void {
    const { ref } = status;
    if (callback === undefined || this.#closing.signal.aborted) return;
    const isBusy = this.#sending.has(ref);
    if (!isBusy && this.#sending.size >= AT_ONCE) return;
    this.#pending.set(ref, { callback, status });
    if (!isBusy) this.#sending.set(ref, this.#sendAll(ref));
  }

  /** Gives up what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#sending.values());
  }

  async #sendAll(ref: string): Promise<void> {
    for (let message = this.#take(ref); message !== undefined; message = this.#take(ref))
      await this.#send(ref, message);
    this.#sending.delete(ref);
  }

  #take(ref: string): Message | undefined {
    const message = this.#pending.get(ref);
    this.#pending.delete(ref);
    return message;
  }

  async #send(ref: string, { callback, status }: Message): Promise<void> {
    const id = randomUUID();
    for (const pauseMs of [...PAUSES_MS, undefined]) {
      const failure = await this.#attempt(id, callback, JSON.stringify(status));
      if (failure === undefined || this.#closing.signal.aborted || this.#pending.has(ref)) return;
      if (failure.isFinal || pauseMs === undefined) {
        this.log.warn({ ref, url: callback.url, reason: failure.reason }, 'callback given up');
        return;
      }
      await pause(pauseMs, undefined, { signal: this.#closing.signal }).catch(() => undefined);
    }
  }

  /** @returns what kept the message from being taken */
  async #attempt(
    id: string,
    { url, secret }: JobCallback,
    body: string,
  ): Promise<{ readonly reason: string; readonly isFinal: boolean } | undefined> {
    const timestamp = Math.floor(this.now() / 1000);
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'webhook-id': id,
          'webhook-timestamp': String(timestamp),
          'webhook-signature': signCallback(secret, { id, timestamp }, body),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(ANSWER_WITHIN_MS)]),
      });
      await response.body?.cancel();
      if (response.ok) return undefined;
      const mayPass = response.status >= 500 || response.status === 429;
      return { reason: `answered ${String(response.status)}`, isFinal: !mayPass };
    } catch (error) {
      return { reason: error instanceof Error ? error.message : String(error), isFinal: false };
    }
  }
}
