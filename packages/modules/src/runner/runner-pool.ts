import { BUILTIN_MODULES } from '../builtin-modules.js';
import { stoppedOutcome } from './attempt-outcome.js';
import type { AttemptHooks, AttemptOutcome } from './attempt-outcome.js';
import { attemptSpecSchema } from './attempt-spec.js';
import type { AttemptSpecInput } from './attempt-spec.js';
import type { ChildModule } from './child-setup.js';
import type { KillDelays } from './kill-path.js';
import { runInChild } from './run-in-child.js';
import { RunnerChild } from './runner-child.js';
import type { ChildOptions } from './runner-child.js';

export interface RunnerPoolOptions extends KillDelays {
  /** Attempts that can run at once. */
  readonly size: number;
  /** Children kept ready beforehand, at most `size`. Default: 1. */
  readonly warm?: number;
  /** Attempts after which a child is replaced. Default: 100. */
  readonly maxRunsPerChild?: number;
  /** The whole environment of the children; nothing is inherited. */
  readonly childEnv: Readonly<Record<string, string>>;
  /** Node's own options for the children, e.g. `--max-old-space-size=512`. Default: none. */
  readonly execArgv?: readonly string[];
  /** The modules that the children run. Default: those that come with Phi. */
  readonly modules?: Readonly<Record<string, ChildModule>>;
  /** The compiled child entry. Default: the one beside this file. */
  readonly childEntry?: URL;
}

/** Warm child processes that run one attempt each (specification, Execution Isolation). */
export interface RunnerPool {
  /**
   * Runs an attempt as soon as a child is free. Every end is an outcome, none an exception.
   *
   * @throws ZodError if the attempt itself is malformed
   */
  run(attempt: AttemptSpecInput, hooks: AttemptHooks): Promise<AttemptOutcome>;
  /** Stops what runs by the usual steps, ends every child, and resolves when none is left. */
  close(): Promise<void>;
}

interface Worker {
  readonly child: RunnerChild;
  runs: number;
}

const BUILTIN: Readonly<Record<string, ChildModule>> = Object.fromEntries(
  BUILTIN_MODULES.map(({ name }) => [name, { kind: 'builtin', module: name }]),
);

class WarmPool implements RunnerPool {
  readonly #options: RunnerPoolOptions;
  readonly #child: ChildOptions;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  readonly #waiting: (() => void)[] = [];
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  #places: number;

  constructor(options: RunnerPoolOptions) {
    this.#options = options;
    this.#places = options.size;
    this.#child = {
      entry: options.childEntry ?? new URL('./child-main.js', import.meta.url),
      env: options.childEnv,
      execArgv: options.execArgv ?? [],
      modules: options.modules ?? BUILTIN,
    };
    this.#warmUp();
  }

  async run(input: AttemptSpecInput, hooks: AttemptHooks): Promise<AttemptOutcome> {
    const attempt = attemptSpecSchema.parse(input);
    const signal = AbortSignal.any([hooks.signal, this.#closing.signal]);
    const running = this.#withPlace(signal, async () =>
      this.#withWorker((child) => runInChild(child, attempt, { ...hooks, signal }, this.#options)),
    );
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort(new Error('the runner is closing'));
    await Promise.allSettled(this.#running);
    const workers = [...this.#all];
    for (const { child } of workers) child.kill();
    await Promise.all(workers.map(async ({ child }) => child.exited));
  }

  /** Waits for one of the pool's places; one that is stopped while it waits never takes one. */
  async #withPlace(signal: AbortSignal, use: () => Promise<AttemptOutcome>): Promise<AttemptOutcome> {
    if (!(await this.#takePlace(signal))) return stoppedOutcome(signal, 'GRACEFUL');
    try {
      return await use();
    } finally {
      this.#givePlace();
    }
  }

  async #takePlace(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.#places > 0) {
      this.#places -= 1;
      return true;
    }
    return new Promise((resolve) => {
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(take), 1);
        resolve(false);
      };
      const take = (): void => {
        signal.removeEventListener('abort', giveUp);
        resolve(true);
      };
      this.#waiting.push(take);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** To whoever has waited longest, directly, so that a newcomer cannot get in between. */
  #givePlace(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#places += 1;
    else next();
  }

  async #withWorker(use: (child: RunnerChild) => Promise<AttemptOutcome>): Promise<AttemptOutcome> {
    const worker = this.#idle.pop() ?? this.#start();
    if (!(await worker.child.ready)) return { kind: 'crashed', ...(await worker.child.exited) };
    worker.runs += 1;
    const outcome = await use(worker.child);
    if (outcome.kind === 'succeeded' && worker.runs < (this.#options.maxRunsPerChild ?? 100))
      this.#idle.push(worker);
    else await this.#retire(worker);
    return outcome;
  }

  /** A body that failed may have left anything behind: its process is not used again. */
  async #retire(worker: Worker): Promise<void> {
    worker.child.kill();
    await worker.child.exited;
    this.#warmUp();
  }

  #start(): Worker {
    const worker: Worker = { child: new RunnerChild(this.#child), runs: 0 };
    this.#all.add(worker);
    void worker.child.exited.then(() => {
      this.#all.delete(worker);
      const index = this.#idle.indexOf(worker);
      if (index !== -1) this.#idle.splice(index, 1);
    });
    return worker;
  }

  #warmUp(): void {
    if (this.#closing.signal.aborted) return;
    const wanted = Math.min(this.#options.warm ?? 1, this.#options.size);
    while (this.#all.size < wanted) this.#idle.push(this.#start());
  }
}

/** Starts the warm children of a pool; they end with `close`, or with this process, however it ends. */
export const createRunnerPool = (options: RunnerPoolOptions): RunnerPool => new WarmPool(options);
