import { spawn, type ChildProcess } from 'node:child_process';

import type { ProcessClock } from '../clock/process-clock.js';
import { DEFAULT_DEADLINE_MS, withDeadline } from '../signals/deadline.js';
import { OutputLines } from '../signals/output-lines.js';
import { guard, unguard } from './watchdog.js';

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ProcessOptions {
  /** Names the process in failures; default: the command. */
  readonly name?: string;
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** The wall clock that it goes by; default: the machine's. */
  readonly clock?: ProcessClock | undefined;
}

/** A process with a group of its own, its output by lines, and no way to be left behind. */
export class ProcessGroup {
  readonly name: string;
  readonly pid: number;
  readonly output = new OutputLines();
  /** How it ended, when it has. */
  readonly ended: Promise<ProcessEnd>;
  #end: ProcessEnd | undefined;

  private constructor(name: string, pid: number, child: ChildProcess, clock: ProcessClock | undefined) {
    this.name = name;
    this.pid = pid;
    for (const stream of [child.stdout, child.stderr]) {
      if (stream !== null) this.output.read(stream);
    }
    // `close` comes after the last line was read, `exit` may not.
    this.ended = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#end = { code, signal };
        unguard(pid);
        clock?.ended(pid);
        this.output.end(`${name} ended with ${signal ?? `status ${code}`}`);
        resolve(this.#end);
      });
    });
  }

  /**
   * Starts a program.
   *
   * @throws Error it cannot be started
   */
  static async start(
    command: string,
    args: readonly string[],
    options: ProcessOptions = {},
  ): Promise<ProcessGroup> {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: environment({ ...options.clock?.env, ...options.env }),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = child;
    if (pid === undefined) {
      throw await new Promise<Error>((resolve) => child.once('error', resolve));
    }
    guard(pid);
    return new ProcessGroup(options.name ?? command, pid, child, options.clock);
  }

  get isRunning(): boolean {
    return this.#end === undefined;
  }

  /** Sends a signal to every process of the group; one that has ended gets none. */
  signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-this.pid, signal);
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  /** Stops every process of the group where it is, as a frozen host would. */
  pause(): void {
    this.signal('SIGSTOP');
  }

  /** Lets a paused group go on. */
  resume(): void {
    this.signal('SIGCONT');
  }

  /** SIGKILL to the whole group, and its end awaited. */
  async kill(): Promise<ProcessEnd> {
    this.signal('SIGKILL');
    return withDeadline(this.ended, `${this.name} to die`, DEFAULT_DEADLINE_MS);
  }

  /**
   * SIGTERM, and its end awaited; a process that does not end gets SIGKILL, and the test fails.
   *
   * @param graceMs default {@link DEFAULT_DEADLINE_MS}
   * @throws DeadlineExceeded it had to be killed
   */
  async stop(graceMs: number = DEFAULT_DEADLINE_MS): Promise<ProcessEnd> {
    if (this.isRunning) this.signal('SIGTERM');
    try {
      return await withDeadline(this.ended, `${this.name} to stop`, graceMs, () => this.output.tail());
    } finally {
      // What it started in its group goes with it, and a paused one dies only now.
      this.signal('SIGKILL');
    }
  }
}

// Not `instanceof Error`: under jest, Node's own errors come from another realm.
function isGone(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH';
}

function environment(added: Readonly<Record<string, string | undefined>> | undefined): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, ...added };
  // jest's own loader flags and worker identity are no business of a service.
  delete env['NODE_OPTIONS'];
  delete env['JEST_WORKER_ID'];
  return env;
}
