import { PhiError } from '@phi/core';
import type { AttemptHooks } from '../../runner/attempt-outcome.js';
import { parseResultLine, RESULT_LINE_PREFIX, type ResultLine } from './result-line.js';

/** What a program says while it runs: logs are handed on, and what it tells Phi is kept or passed to who waits for it. */
export class ProgramReport {
  #result: Readonly<Record<string, unknown>> | undefined;
  #error: ResultLine['error'];
  #breach: Error | undefined;

  constructor(
    private readonly stage: string,
    private readonly hooks: AttemptHooks,
  ) {}

  /** The last result on standard output. */
  get result(): Readonly<Record<string, unknown>> | undefined {
    return this.#result;
  }

  get error(): ResultLine['error'] {
    return this.#error;
  }

  /** The first line that was meant for Phi and not understood: what it said is unknown, so the stage did not succeed. */
  get breach(): Error | undefined {
    return this.#breach;
  }

  takeOutput(line: string): void {
    if (!line.startsWith(RESULT_LINE_PREFIX)) this.#print('stdout', line);
    else this.#obey(line);
  }

  takeError(line: string): void {
    this.#print('stderr', line);
  }

  #print(origin: 'stdout' | 'stderr', message: string): void {
    const level = origin === 'stdout' ? 'info' : 'warn';
    this.hooks.onLog?.({ origin, level, message, fields: {} });
  }

  #obey(line: string): void {
    try {
      this.#tell(parseResultLine(line));
    } catch (error) {
      this.#print('stdout', line);
      const reason = error instanceof Error ? error.message : String(error);
      this.#breach ??= new PhiError(
        'EXEC_006_MODULE_FAILED',
        `a line beginning with ${RESULT_LINE_PREFIX} is not understood: ${reason}; accepted: JSON as docs/module-kinds.md has it`,
        { operation: 'command.result', data: {} },
      );
    }
  }

  /** What is not kept is told where its author looks. */
  async #save(checkpoint: unknown): Promise<void> {
    const { stage, hooks } = this;
    const text = typeof checkpoint === 'string' ? checkpoint : JSON.stringify(checkpoint);
    try {
      await hooks.onCheckpoint?.(stage, text);
    } catch (error) {
      const message = `the checkpoint is not kept: ${error instanceof Error ? error.message : String(error)}`;
      hooks.onLog?.({ origin: 'logger', level: 'warn', stage, message, fields: {} });
    }
  }

  #tell({ progress, checkpoint, publish, log, result, error }: ResultLine): void {
    const { stage, hooks } = this;
    if (progress !== undefined) hooks.onProgress?.(stage, progress);
    if (checkpoint !== undefined) void this.#save(checkpoint);
    if (publish !== undefined) hooks.onPublish?.(publish);
    if (log !== undefined) hooks.onLog?.({ origin: 'logger', stage, ...log });
    this.#result = result ?? this.#result;
    this.#error = error ?? this.#error;
  }
}
