import { BUILTIN_MODULES } from '../builtin-modules.js';
import { stoppedOutcome } from './attempt-outcome.js';
import type { AttemptHooks, AttemptOutcome } from './attempt-outcome.js';
import type { Bodies } from '@phi/core';
import { processFamilies } from '../processes/process-families.js';
import { attemptSpecSchema } from './attempt-spec.js';
import type { AttemptSpec, AttemptSpecInput } from './attempt-spec.js';
import { Gate } from './gate.js';
import type { ChildModule } from './child-setup.js';
import type { KillDelays } from './kill-path.js';
import { Places } from './places.js';
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
export interface RunnerPool extends Bodies {
  /** Closed while the pool is frozen: what remote work passes before each call. */
  readonly gate: Gate;
  /**
   * Runs an attempt as soon as a child is free. Every end is an outcome, none an exception.
   *
   * @throws ZodError if the attempt itself is malformed
   */
  run(attempt: AttemptSpecInput, hooks: AttemptHooks): Promise<AttemptOutcome>;
  /** Has modules loaded anew from their files: what runs goes on with what it has, what starts from now on has the new. */
  reload(): void;
  /** Stops what runs by the usual steps, ends every child, and resolves when none is left. */
  close(): Promise<void>;
}

interface Worker {
  readonly child: RunnerChild;
  runs: number;
  /** The revision of each job that it has run. */
  readonly served: Map<string, number>;
  /** Whether it has loaded what files held before they changed. */
  isOutdated: boolean;
}

const BUILTIN: Readonly<Record<string, ChildModule>> = Object.fromEntries(
  BUILTIN_MODULES.map(({ name }) => [name, { kind: 'builtin', module: name }]),
);
/** So many attempts before a child is replaced, its successor is started: nobody waits for it. */
const SPARE_RUNS = 10;
/** Of the memory of an attempt, how much its child may have grown by what ran in it before. */
const GROWN_AT_MOST = 0.5;

class WarmPool implements RunnerPool {
  readonly gate = new Gate();
  readonly #families = processFamilies();
  readonly #options: RunnerPoolOptions;
  readonly #child: ChildOptions;
  readonly #idle: Worker[] = [];
  readonly #all = new Set<Worker>();
  /** Those in which an attempt runs. */
  readonly #busy = new Set<Worker>();
  readonly #closing = new AbortController();
  readonly #running = new Set<Promise<unknown>>();
  readonly #maxRuns: number;
  readonly #places: Places;

  constructor(options: RunnerPoolOptions) {
    this.#options = options;
    this.#maxRuns = options.maxRunsPerChild ?? 100;
    this.#places = new Places(options.size);
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
      this.#withWorker(attempt, (child) => runInChild(child, attempt, { ...hooks, signal }, this.#options)),
    );
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  async freeze(): Promise<void> {
    await this.gate.freeze();
    await Promise.all([...this.#busy].map(async ({ child }) => child.freeze()));
  }

  async thaw(): Promise<void> {
    await Promise.all([...this.#busy].map(async ({ child }) => child.thaw()));
    await this.gate.thaw();
  }

  kill(): void {
    for (const { child } of this.#busy) child.kill();
  }

  reload(): void {
    for (const worker of this.#all) worker.isOutdated = true;
    for (const worker of this.#idle.splice(0)) void this.#retire(worker);
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
    if (!(await this.#places.take(signal))) return stoppedOutcome(signal, 'GRACEFUL');
    try {
      return await use();
    } finally {
      this.#places.give();
    }
  }

  async #withWorker(
    attempt: AttemptSpec,
    use: (child: RunnerChild) => Promise<AttemptOutcome>,
  ): Promise<AttemptOutcome> {
    await this.gate.passed();
    if (this.#busy.size === 0) this.#families.rest();
    const worker = this.#take(attempt);
    worker.served.set(attempt.job_id, attempt.job_revision);
    // Before it is ready: whoever freezes or kills what runs must not miss it.
    this.#busy.add(worker);
    try {
      if (!(await worker.child.ready)) return { kind: 'crashed', ...(await worker.child.exited) };
      worker.runs += 1;
      if (worker.runs === Math.max(1, this.#maxRuns - SPARE_RUNS)) this.#idle.unshift(this.#start());
      const outcome = await use(worker.child);
      if (this.#isUsableAfter(outcome, worker)) this.#idle.push(worker);
      else await this.#retire(worker);
      return outcome;
    } finally {
      this.#busy.delete(worker);
    }
  }

  /**
   * An idle child, unless what ran in it before has left too little of the attempt's memory, or was another version of its job: what that
   * has left behind in its process is not there for this one.
   */
  #take({ resources, job_id, job_revision }: AttemptSpec): Worker {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      const isFit =
        !worker.child.isKilled &&
        (worker.served.get(job_id) ?? job_revision) === job_revision &&
        (worker.child.grownMb ?? 0) <= resources.memory_mb * GROWN_AT_MOST;
      if (isFit) return worker;
      void this.#retire(worker);
    }
    return this.#start();
  }

  /** A body that failed, or was killed, may have left anything behind; one that left processes has. */
  #isUsableAfter(outcome: AttemptOutcome, { child, runs, isOutdated }: Worker): boolean {
    if (outcome.kind !== 'succeeded' || child.isKilled || isOutdated) return false;
    if (runs >= this.#maxRuns) return false;
    this.#families.look();
    return !child.hasDescendants;
  }

  async #retire(worker: Worker): Promise<void> {
    worker.child.kill();
    await worker.child.exited;
    this.#warmUp();
  }

  #start(): Worker {
    const worker: Worker = {
      child: new RunnerChild(this.#child, this.#families),
      runs: 0,
      served: new Map(),
      isOutdated: false,
    };
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
