import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { ProcessFamily } from '../../processes/process-family.js';
import { killGroup } from '../../runner/kill-group.js';
import type { GroupWatchdog } from './group-watchdog.js';

export interface ProgramStart {
  /** Where the program is, absolute or relative to `cwd`. */
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

export interface ProgramEnd {
  readonly exit_code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Becomes the program once it is told to: before that, the end of the executor ends it. */
const GATE = 'read -r go <&3 || exit 125; exec 3<&-; exec "$@"';

/** After a program has ended, how long its output may stay open: a descendant that left the group can hold it. */
const OUTPUT_CLOSE_MS = 1000;

const piped = (stream: unknown): Readable & Writable => {
  if (stream === null || stream === undefined) throw new Error('a program was started without its pipes');
  return stream as Readable & Writable;
};

/** A program that runs, with all that it started. */
export class Program {
  /** Resolves when the program is gone and its output has closed. */
  readonly ended: Promise<ProgramEnd>;
  #isKilled = false;
  #runs = true;

  private constructor(
    private readonly process: ChildProcess,
    private readonly group: number,
    private readonly family: ProcessFamily,
    watchdog: GroupWatchdog,
  ) {
    this.ended = this.#watchEnd(watchdog);
  }

  /**
   * Starts a program that cannot outlive this process: it is watched before it begins. Its output is to be read at once: what nobody
   * has begun to read when it ends is lost.
   *
   * @throws what the system refuses
   */
  static async start(start: ProgramStart, watchdog: GroupWatchdog, family: ProcessFamily): Promise<Program> {
    const { file, args } = family.command(['/bin/sh', '-c', GATE, 'sh', start.file, ...start.args]);
    const child = spawn(file, args, {
      detached: true,
      cwd: start.cwd,
      env: { ...start.env },
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve).once('error', reject);
    });
    // Signals go to the group; what else might go wrong with the process shows as its end.
    child.on('error', () => undefined);
    family.isLedBy(child);
    const group = child.pid ?? 0;
    const program = new Program(child, group, family, watchdog);
    await watchdog.watch(group);
    const gate = piped(child.stdio[3]);
    gate.on('error', () => undefined);
    gate.end('go\n');
    return program;
  }

  get stdout(): Readable {
    return piped(this.process.stdout);
  }

  get stderr(): Readable {
    return piped(this.process.stderr);
  }

  /** Whether `kill` was called while it ran. */
  get isKilled(): boolean {
    return this.#isKilled;
  }

  /** Gives it its standard input, which it need not read. */
  feed(text: string): void {
    const stdin = piped(this.process.stdin);
    stdin.on('error', () => undefined);
    stdin.end(text);
  }

  terminate(): void {
    this.#signal('SIGTERM');
  }

  /** Kills it and all it started; `ended` says when that is done. */
  kill(): void {
    this.#isKilled ||= this.#runs;
    this.#signal('SIGKILL');
    void this.family.kill();
  }

  async freeze(): Promise<void> {
    await this.family.signalAll('SIGSTOP');
  }

  async thaw(): Promise<void> {
    await this.family.signalAll('SIGCONT');
  }

  /** What it and all it started use, in MiB; undefined where it cannot be told. */
  get grownMb(): number | undefined {
    const memoryKb = this.family.memoryKb();
    return memoryKb === undefined ? undefined : memoryKb / 1024;
  }

  /** Not once it has ended: the group's number may be another's. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#runs) killGroup(this.group, signal);
  }

  #watchEnd(watchdog: GroupWatchdog): Promise<ProgramEnd> {
    return new Promise((resolve) => {
      this.process.once('exit', () => {
        // What it left behind goes with it.
        this.#signal('SIGKILL');
        void this.family.kill();
        this.#runs = false;
        watchdog.forget(this.group);
        setTimeout(() => {
          this.stdout.destroy();
          this.stderr.destroy();
        }, OUTPUT_CLOSE_MS).unref();
      });
      this.process.once('close', (exit_code, signal) => {
        void this.family.kill().then(() => {
          resolve({ exit_code, signal });
        });
      });
    });
  }
}
