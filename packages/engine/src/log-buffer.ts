import type { LogStore, NumberedLine } from '@phi/core';

const FLUSH_AFTER_MS = 100;
/** As many lines as the store keeps of an execution. */
const LINES_AT_MOST = 2000;

/**
 * Collects an execution's log lines and writes them in groups; while Redis is away, and where they come faster than they are written, the
 * oldest are dropped. Their numbers tell.
 */
export class LogBuffer {
  private lines: NumberedLine[] = [];
  private added = 0;
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;

  constructor(
    private readonly logs: LogStore,
    private readonly executionId: string,
  ) {}

  add(stream: string, text: string): void {
    this.lines.push({ number: ++this.added, stream, text });
    if (this.lines.length > LINES_AT_MOST) this.lines.shift();
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_AFTER_MS);
  }

  /** Resolves when all that was added so far is written, or dropped. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    // One group at a time: what comes meanwhile stays where the oldest is dropped.
    if (this.lines.length > 0) this.writing ??= this.writeAll().finally(() => (this.writing = undefined));
    return this.writing ?? Promise.resolve();
  }

  private async writeAll(): Promise<void> {
    while (this.lines.length > 0) {
      const lines = this.lines;
      this.lines = [];
      await this.write(lines);
    }
  }

  /** A log line must not decide about an execution: what cannot be written is dropped. */
  private async write(lines: readonly NumberedLine[]): Promise<void> {
    await this.logs.append(this.executionId, lines).catch(() => undefined);
  }
}
