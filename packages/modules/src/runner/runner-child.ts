import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { ChildModule, ChildSetup } from './child-setup.js';
import { HEARTBEAT_FD, MESSAGE_FD } from './channels.js';
import { messageLine, readMessages } from './message-lines.js';
import { childMessageSchema } from './messages.js';
import type { ChildMessage, ParentMessage } from './messages.js';
import type { ProcessFamilies, ProcessFamily } from '../processes/process-family.js';
import { FrozenGuard } from './frozen-guard.js';
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

const start = (options: ChildOptions, family: ProcessFamily): ChildProcess => {
  const setup: ChildSetup = { parent_pid: process.pid, modules: { ...options.modules } };
  const { file, args } = family.command([
    process.execPath,
    ...options.execArgv,
    fileURLToPath(options.entry),
    JSON.stringify(setup),
  ]);
  const child = spawn(file, args, {
    // A process group of its own: a Ctrl-C in a terminal does not reach it.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
    env: { ...options.env },
  });
  family.isLedBy(child);
  return child;
};

/** The longest message that is taken from a child, in characters: a checkpoint or a result is smaller by far. */
const MAX_MESSAGE_LENGTH = 16 * 1024 * 1024;
/** A channel ends a little before its process does; one that is closed for longer was closed by the body. */
const CHANNEL_CLOSED_MS = 1000;

const channelOf = (child: ChildProcess, fd: number): Duplex => {
  const channel = child.stdio[fd];
  if (!(channel instanceof Duplex)) throw new Error(`a child was started without channel ${String(fd)}`);
  // Written to by one that is going away; `exited` says so.
  channel.on('error', () => undefined);
  return channel;
};

const linesOf = (stream: ChildProcess['stdout']): OutputLines => {
  if (stream === null) throw new Error('a child was forked without piped output');
  return new OutputLines(stream);
};

/** A child process as a thing that takes and gives messages, and can be killed with all its descendants. */
export class RunnerChild {
  readonly #process: ChildProcess;
  readonly #family: ProcessFamily;
  readonly #channel: Duplex;
  readonly stdout: OutputLines;
  readonly stderr: OutputLines;
  /** Resolves when the process is gone with all it started, and its output is read. */
  readonly exited: Promise<ChildExit>;
  /** Resolves to false if the process ended before it could take an attempt. */
  readonly ready: Promise<boolean>;
  #isKilled = false;
  #freezes = 0;
  #onBeat: () => void = () => undefined;
  /** While it is frozen: who watches over what was stopped. */
  #frozen: Promise<FrozenGuard> | undefined;
  /** What it uses before any attempt, in KiB. */
  #freshKb = 0;
  #onMessage: ((message: ChildMessage) => void) | undefined;
  #onBreach: ((error: Error) => void) | undefined;

  constructor(options: ChildOptions, families: ProcessFamilies) {
    this.#family = families.found();
    this.#process = start(options, this.#family);
    this.#channel = channelOf(this.#process, MESSAGE_FD);
    channelOf(this.#process, HEARTBEAT_FD).on('data', () => {
      this.#onBeat();
    });
    this.stdout = linesOf(this.#process.stdout);
    this.stderr = linesOf(this.#process.stderr);
    this.exited = this.#watchExit();
    this.ready = Promise.race([this.#watchReady(), this.exited.then(() => false)]);
  }

  /** Whether `kill` was called. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Whether an attempt has left something running beside the child itself. */
  get hasDescendants(): boolean {
    return this.#family.hasDescendants;
  }

  /** What it and all it started use beyond what the child used when it was new, in MiB; undefined where it cannot be told. */
  get grownMb(): number | undefined {
    const memoryKb = this.#family.memoryKb();
    return memoryKb === undefined ? undefined : (memoryKb - this.#freshKb) / 1024;
  }

  /**
   * @param onMessage every message of the attempt that runs
   * @param onBreach a message that breaks the protocol
   */
  listen(onMessage: (message: ChildMessage) => void, onBreach: (error: Error) => void): void {
    this.#onMessage = onMessage;
    this.#onBreach = onBreach;
  }

  /** @param onBeat every heartbeat of the attempt that runs */
  onBeat(onBeat: () => void): void {
    this.#onBeat = onBeat;
  }

  /** A child that is going away is not told any more; `exited` says so. */
  send(message: ParentMessage): void {
    if (this.#channel.writable) this.#channel.write(messageLine(message));
  }

  terminate(): void {
    if (this.#process.pid !== undefined) killGroup(this.#process.pid, 'SIGTERM');
  }

  /** Kills it and all it started; `exited` says when that is done. */
  kill(): void {
    this.#isKilled = true;
    if (this.#process.pid !== undefined) killGroup(this.#process.pid, 'SIGKILL');
    void this.#family.kill();
    void this.#unguard();
  }

  /** How often it was frozen. */
  get freezes(): number {
    return this.#freezes;
  }

  get isFrozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** Stops it and all it started where they are. Were this process to end meanwhile, they would be killed. */
  async freeze(): Promise<void> {
    this.#freezes += 1;
    this.#frozen ??= this.#stopAll(new FrozenGuard());
    await this.#frozen;
  }

  async #stopAll(guard: FrozenGuard): Promise<FrozenGuard> {
    await this.#family.signalAll('SIGSTOP', (pid) => {
      guard.add(pid);
    });
    return guard;
  }

  async thaw(): Promise<void> {
    await this.#unguard();
    await this.#family.signalAll('SIGCONT');
  }

  async #unguard(): Promise<void> {
    const guard = await this.#frozen?.catch(() => undefined);
    guard?.dismiss();
    this.#frozen = undefined;
  }

  async #watchExit(): Promise<ChildExit> {
    return new Promise((resolve) => {
      // A process that could not be started at all has no exit, only this.
      this.#process.once('error', () => {
        if (this.#process.pid !== undefined) return;
        void this.#family.kill();
        resolve({ exit_code: null, signal: null });
      });
      this.#process.once('exit', () => {
        this.kill();
        setTimeout(() => {
          for (const stream of this.#process.stdio) stream?.destroy();
        }, OUTPUT_CLOSE_MS).unref();
      });
      this.#process.once('close', (exit_code, signal) => {
        void this.#family.kill().then(() => {
          resolve({ exit_code, signal });
        });
      });
    });
  }

  async #watchReady(): Promise<boolean> {
    return new Promise((resolve) => {
      const onMessage = (raw: unknown): void => {
        const parsed = childMessageSchema.safeParse(raw);
        if (!parsed.success) this.#breach(new Error(parsed.error.message));
        else if (parsed.data.type === 'ready') {
          this.#freshKb = this.#family.memoryKb() ?? 0;
          resolve(true);
        } else this.#onMessage?.(parsed.data);
      };
      const reader = {
        onMessage,
        onBreach: (error: Error) => {
          this.#breach(error);
        },
        onEnd: () => {
          this.#channelEnded();
        },
      };
      readMessages(this.#channel, reader, MAX_MESSAGE_LENGTH);
    });
  }

  #channelEnded(): void {
    const timer = setTimeout(() => {
      // One that was killed, or has exited, is only not gone yet with all it started.
      if (!this.#isKilled) this.#breach(new Error('it closed its channel to the executor'));
    }, CHANNEL_CLOSED_MS);
    void this.exited.then(() => {
      clearTimeout(timer);
    });
  }

  /** One that breaks the protocol is of no more use, whether or not an attempt runs in it. */
  #breach(error: Error): void {
    this.kill();
    this.#onBreach?.(error);
  }
}
