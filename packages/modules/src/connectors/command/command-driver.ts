import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PhiError, type Bodies, type CommandBinding } from '@phi/core';
import { hasCode } from '../../error-code.js';
import { stoppedOutcome, type AttemptHooks } from '../../runner/attempt-outcome.js';
import type { Gate } from '../../runner/gate.js';
import { watchMemory } from '../../runner/memory-watch.js';
import { processFamilies } from '../../processes/process-families.js';
import { armKillPath, type KillDelays } from '../../runner/kill-path.js';
import type { StageCall, StageDriver, StageOutcome } from '../stage-connector.js';
import { findProgram } from './find-program.js';
import type { GroupWatchdog } from './group-watchdog.js';
import { eachLine } from './line-splitter.js';
import { programEnvironment, type ControlFiles, type ProgramSurroundings } from './program-environment.js';
import { ProgramReport } from './program-report.js';
import { Program, type ProgramEnd } from './program.js';
import { renderArguments } from './render-arguments.js';

/** What programs need of their process. */
export interface CommandOptions extends ProgramSurroundings, Pick<KillDelays, 'forceKillMs'> {
  /** Passed before a program starts: closed while the executor cannot tell whether it holds its lease. */
  readonly gate: Gate;
}

/** As much as a line on standard output may be. */
const LARGEST_RESULT_BYTES = 1024 * 1024;

/** The attempt's directory, and in it the files of this stage, as new. */
const prepareFiles = async ({ workdir, stage, ...call }: StageCall): Promise<ControlFiles> => {
  const directory = join(workdir, `.phi-${stage}`);
  const files = {
    request: join(directory, 'request.json'),
    checkpoint: join(directory, 'checkpoint'),
    result: join(directory, 'result.json'),
  };
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  // Its parameters may have secrets in them.
  const mode = 0o600;
  await writeFile(files.request, JSON.stringify({ ...call, workdir, stage }), { mode });
  if (call.checkpoint !== undefined) await writeFile(files.checkpoint, call.checkpoint, { mode });
  return files;
};

const readResultFile = async (file: string): Promise<unknown> => {
  const fail = (reason: string): PhiError =>
    new PhiError('EXEC_006_MODULE_FAILED', `the file PHI_RESULT ${reason}; accepted: a result as JSON`, {
      operation: 'command.result',
      data: {},
    });
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (Buffer.byteLength(text) > LARGEST_RESULT_BYTES)
    throw fail(`has more than ${String(LARGEST_RESULT_BYTES)} bytes`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw fail(`is not JSON (${String(error)})`);
  }
};

const NOTHING_TOLD = { records_processed: 0, records_failed: 0 };

/** Runs a stage as a program of its own (docs/module-kinds.md). */
export class CommandDriver implements StageDriver {
  readonly isRemote = false;
  readonly bodies: Bodies = {
    freeze: async () => {
      await Promise.all([...this.#running.keys()].map(async (program) => program.freeze()));
    },
    thaw: async () => {
      await Promise.all([...this.#running.keys()].map(async (program) => program.thaw()));
    },
    kill: () => {
      for (const program of this.#running.keys()) program.kill();
    },
  };
  readonly #families = processFamilies();
  readonly #running = new Map<Program, Promise<unknown>>();
  readonly #closing = new AbortController();

  constructor(
    private readonly binding: CommandBinding,
    private readonly watchdog: GroupWatchdog,
    private readonly options: CommandOptions,
  ) {}

  async runStage(
    call: StageCall,
    hooks: AttemptHooks,
  ): Promise<{ readonly reported: unknown } | StageOutcome> {
    const signal = AbortSignal.any([hooks.signal, this.#closing.signal]);
    const files = await prepareFiles(call);
    const env = programEnvironment(this.binding, this.options, files);
    const [name = '', ...args] = renderArguments(this.binding, call);
    const file = await findProgram(name, env['PATH']);
    const request = await readFile(files.request, 'utf8');
    await this.options.gate.passed();
    signal.throwIfAborted();
    const start = { file, args, cwd: call.workdir, env };
    const program = await Program.start(start, this.watchdog, this.#families.found());
    program.feed(request);
    const report = new ProgramReport(call.stage, hooks);
    let outgrown: StageOutcome | undefined;
    const unwatch = watchProgram(program, call, hooks, (failure) => {
      outgrown = failure;
      program.kill();
    });
    const ended = this.#follow(program, report, signal);
    this.#running.set(program, ended);
    try {
      // It was started while the gate was still open.
      if (!this.options.gate.isOpen) await program.freeze();
      const end = await ended;
      return (
        outgrown ??
        (await this.#outcomeOf(end, program, { report, signal, result: files.result, stage: call.stage }))
      );
    } finally {
      unwatch();
      this.#running.delete(program);
    }
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('the executor is closing'));
    await Promise.allSettled(this.#running.values());
  }

  /** Until the program has ended and all it printed is handed on. */
  async #follow(program: Program, report: ProgramReport, signal: AbortSignal): Promise<ProgramEnd> {
    const steps = {
      abort: () => undefined,
      terminate: () => {
        program.terminate();
      },
      kill: () => {
        program.kill();
      },
    };
    // A program has no other way to be asked than SIGTERM.
    const disarm = armKillPath(signal, steps, { gracefulMs: 0, forceKillMs: this.options.forceKillMs });
    try {
      const printed = Promise.all([
        eachLine(program.stdout, (line) => {
          report.takeOutput(line);
        }),
        eachLine(program.stderr, (line) => {
          report.takeError(line);
        }),
      ]);
      const end = await program.ended;
      await printed;
      return end;
    } finally {
      disarm();
    }
  }

  async #outcomeOf(
    { exit_code, signal: killedBy }: ProgramEnd,
    program: Program,
    told: { report: ProgramReport; signal: AbortSignal; result: string; stage: string },
  ): Promise<{ readonly reported: unknown } | StageOutcome> {
    const { report, signal, stage } = told;
    // A program that ends well because it was asked to end is not done.
    if (signal.aborted) return stoppedOutcome(signal, program.isKilled ? 'FORCED' : 'GRACEFUL');
    if (exit_code === null) return { kind: 'crashed', exit_code, signal: killedBy };
    const { success_exit_codes, retryable_exit_codes } = this.binding;
    const isSuccess = success_exit_codes.includes(exit_code);
    const error = report.error ?? (isSuccess ? undefined : exitError(exit_code, retryable_exit_codes));
    if (error !== undefined)
      return { kind: 'failed', stage, exit_code, error: { ...error, operation: 'command.run', data: {} } };
    if (report.breach !== undefined) throw report.breach;
    return { reported: { ...NOTHING_TOLD, ...report.result, ...(await this.#fromFile(told)) } };
  }

  /** A result on standard output goes before one in the file. */
  async #fromFile({ report, result }: { report: ProgramReport; result: string }): Promise<object> {
    if (report.result !== undefined) return {};
    const read = await readResultFile(result);
    return typeof read === 'object' && read !== null ? read : {};
  }
}

/** The longest time between two heartbeats of a program, in milliseconds: it beats for as long as it runs. */
const BEAT_MS = 5000;

/** Beats for a program, and keeps it within its memory. @returns ends it */
const watchProgram = (
  program: Program,
  { stage, resources }: StageCall,
  hooks: AttemptHooks,
  onOutgrown: (failure: StageOutcome) => void,
): (() => void) => {
  hooks.onBeat?.();
  const beats = setInterval(() => hooks.onBeat?.(), BEAT_MS);
  const unwatch = watchMemory(program, resources.memory_mb, (usedMb) => {
    const message =
      `the program and what it started used ${String(Math.ceil(usedMb))} MiB of ` +
      `memory_mb ${String(resources.memory_mb)}, and were killed`;
    onOutgrown({
      kind: 'failed',
      stage,
      error: { code: 'EXEC_015_OUT_OF_MEMORY', message, operation: 'command.run', data: {} },
    });
  });
  return () => {
    clearInterval(beats);
    unwatch();
  };
};

const exitError = (
  exit_code: number,
  retryable: readonly number[],
): { readonly code: string; readonly message: string } => ({
  code: retryable.includes(exit_code) ? 'EXEC_025_TEMPORARY_EXIT' : 'EXEC_009_EXIT_STATUS',
  message: `the program ended with exit status ${String(exit_code)}`,
});
