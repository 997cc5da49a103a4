import type { ExecutionNote, ExecutionRecord } from '@phi/core';

import { untilAnswered, type ExecutorContext } from './executor-context.js';
import type { LogBuffer } from './log-buffer.js';

/** Tells what happens to a running attempt beside its transitions: in its history, in its log, and to who runs the executor. */
export class HistoryNotes {
  private told = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(
    private readonly context: ExecutorContext,
    private readonly record: ExecutionRecord,
    private readonly logs: Pick<LogBuffer, 'add'>,
  ) {}

  /** Each is told once, in the order in which they happen. */
  tell(note: ExecutionNote, detail: string): void {
    const number = ++this.told;
    this.logs.add('phi', `WARN ${detail}`);
    this.context.onNote?.(this.record, note, detail);
    this.writing = this.writing.then(() => this.write(note, detail, number));
  }

  /** Resolves when all is in the history: the end must not come before it. */
  close(): Promise<void> {
    return this.writing;
  }

  /** What cannot be written because the lease is lost is not this attempt's to tell any more. */
  private async write(note: ExecutionNote, detail: string, number: number): Promise<void> {
    const { execution_id, nonce = '' } = this.record;
    const op = `${nonce}:${String(number)}`;
    const command = { execution_id, nonce, note, op, actor: this.context.executor_id, detail };
    await untilAnswered(this.context, () => this.context.services.executions.note(command)).catch(
      () => undefined,
    );
  }
}
