import { fileURLToPath } from 'node:url';

import { freePort } from '../net/free-port.js';
import { ProcessGroup } from '../process/process-group.js';
import { withDeadline } from '../signals/deadline.js';
import type { ScriptedReply, ScriptedRequest, StubJob, StubOrder, StubView } from './stub-script.js';

const MAIN = fileURLToPath(new URL('./stub-main.js', import.meta.url));

type Status = Readonly<Record<string, unknown>>;

/** A remote module of a test, a process of its own: it speaks the module contract, or answers as it is told. */
export class RemoteStub {
  #process: ProcessGroup | undefined;

  private constructor(
    private readonly port: number,
    private readonly memory: string | undefined,
  ) {}

  /** @param memory - a file in which it keeps its jobs over a restart; without one it forgets them */
  static async start(memory?: string): Promise<RemoteStub> {
    const stub = new RemoteStub(await freePort(), memory);
    await stub.restart();
    return stub;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.port)}`;
  }

  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Under the same address; what was scripted and seen is gone. */
  async restart(): Promise<void> {
    await this.kill();
    const args = [
      '--enable-source-maps',
      MAIN,
      String(this.port),
      ...(this.memory === undefined ? [] : [this.memory]),
    ];
    this.#process = await ProcessGroup.start(process.execPath, args, { name: 'remote stub' });
    await this.#process.output.waitFor('listening');
  }

  pause(): void {
    this.#process?.pause();
  }

  resume(): void {
    this.#process?.resume();
  }

  /** Answers the next such requests so. */
  async script(request: ScriptedRequest, ...replies: readonly ScriptedReply[]): Promise<void> {
    await this.#order({ op: 'script', request, replies });
  }

  /** @param key - of the job; default: of the latest */
  async set(status: Status, key?: string): Promise<void> {
    await this.#order({ op: 'set', status, ...(key === undefined ? {} : { key }) });
  }

  async succeed(more: Status = {}): Promise<void> {
    await this.set({ state: 'SUCCEEDED', records_processed: 3, records_failed: 0, ...more });
  }

  async beginWith(status: Status): Promise<void> {
    await this.#order({ op: 'begin-with', status });
  }

  async print(...lines: readonly string[]): Promise<void> {
    await this.#order({ op: 'print', lines });
  }

  async forget(): Promise<void> {
    await this.#order({ op: 'forget' });
  }

  async ignoreCancel(ignore: boolean): Promise<void> {
    await this.#order({ op: 'ignore-cancel', ignore });
  }

  /** @returns the status of each answer */
  async callBack(times = 1, status: Status = {}): Promise<readonly number[]> {
    const { answers } = (await this.#order({ op: 'call-back', times, status })) as { answers: number[] };
    return answers;
  }

  async view(): Promise<StubView> {
    return (await this.#control('view')) as StubView;
  }

  async jobs(): Promise<readonly StubJob[]> {
    return (await this.view()).jobs;
  }

  /** Resolves once so many requests of a kind have come since the start. */
  async seen(request: ScriptedRequest, count: number): Promise<void> {
    const come = this.#control(`await?request=${request}&count=${String(count)}`);
    await withDeadline(come, `${String(count)} times ${request}`);
  }

  #order(order: StubOrder): Promise<unknown> {
    return this.#control('order', order);
  }

  async #control(what: string, body?: unknown): Promise<unknown> {
    const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
    const response = await fetch(`${this.url}/control/${what}`, init);
    return response.json();
  }
}
