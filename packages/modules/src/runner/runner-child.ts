import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ChildModule, ChildSetup } from './child-setup.js';
import { childMessageSchema } from './messages.js';
import type { ChildMessage, ParentMessage } from './messages.js';
import { killGroup } from './kill-group.js';
import { OutputLines } from './output-lines.js';

export interface ChildOptions {
  /** The compiled `child-main.js`. */
  readonly entry: URL;
  /** The whole environment of the child; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly execArgv: readonly string[];
  readonly modules: Readonly<Record<string, ChildModule>>;
}

export interface ChildExit {
  readonly exit_code: number | null;
  readonly signal: string | null;
}

/** After a process has ended, how long its output may stay open: a runaway descendant can hold it. */
const OUTPUT_CLOSE_MS = 1000;

const start = (options: ChildOptions): ChildProcess => {
  const setup: ChildSetup = { parent_pid: process.pid, modules: { ...options.modules } };
  return fork(fileURLToPath(options.entry), [JSON.stringify(setup)], {
    // A process group of its own: what the body starts dies with it, and a Ctrl-C in a terminal does not reach it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    env: { ...options.env },
    execArgv: [...options.execArgv],
  });
};

const linesOf = (stream: ChildProcess['stdout']): OutputLines => {
  if (stream === null) throw new Error('a child was forked without piped output');
  return new OutputLines(stream);
};

/** A child process as a thing that takes and gives messages, and can be killed with all its descendants. */
export class RunnerChild {
  readonly #process: ChildProcess;
  readonly stdout: OutputLines;
  readonly stderr: OutputLines;
  /** Resolves when the process is gone and its output is read. */
  readonly exited: Promise<ChildExit>;
  /** Resolves to false if the process ended before it could take an attempt. */
  readonly ready: Promise<boolean>;
  #isKilled = false;
  #onMessage: ((message: ChildMessage) => void) | undefined;
  #onBreach: ((error: Error) => void) | undefined;

  constructor(options: ChildOptions) {
    this.#process = start(options);
    this.stdout = linesOf(this.#process.stdout);
    this.stderr = linesOf(this.#process.stderr);
    this.exited = this.#watchExit();
    this.ready = Promise.race([this.#watchReady(), this.exited.then(() => false)]);
  }

  /** Whether `kill` was called. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /**
   * @param onMessage every message of the attempt that runs
   * @param onBreach a message that breaks the protocol
   */
  listen(onMessage: (message: ChildMessage) => void, onBreach: (error: Error) => void): void {
    this.#onMessage = onMessage;
    this.#onBreach = onBreach;
  }

  /** A child that is going away is not told any more; `exited` says so. */
  send(message: ParentMessage): void {
    if (this.#process.connected) this.#process.send(message, () => undefined);
  }

  terminate(): void {
    if (this.#process.pid !== undefined) killGroup(this.#process.pid, 'SIGTERM');
  }

  kill(): void {
    this.#isKilled = true;
    if (this.#process.pid !== undefined) killGroup(this.#process.pid, 'SIGKILL');
  }

  async #watchExit(): Promise<ChildExit> {
    return new Promise((resolve) => {
      // A process that could not be started at all has no exit, only this.
      this.#process.once('error', () => {
        if (this.#process.pid === undefined) resolve({ exit_code: null, signal: null });
      });
      this.#process.once('exit', () => {
        this.kill();
        setTimeout(() => {
          this.#process.stdout?.destroy();
          this.#process.stderr?.destroy();
        }, OUTPUT_CLOSE_MS).unref();
      });
      this.#process.once('close', (exit_code, signal) => {
        resolve({ exit_code, signal });
      });
    });
  }

  async #watchReady(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#process.on('message', (raw) => {
        const parsed = childMessageSchema.safeParse(raw);
        if (!parsed.success) this.#onBreach?.(new Error(parsed.error.message));
        else if (parsed.data.type === 'ready') resolve(true);
        else this.#onMessage?.(parsed.data);
      });
    });
  }
}
