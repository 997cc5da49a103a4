import type { JobLogs } from '@phi/modules';

export type JobLogLine = JobLogs['lines'][number];

const LINES_AT_MOST = 1000;
const MESSAGE_LENGTH = 4096;

/** The latest lines that a job wrote. They do not outlive the server. */
export class JobLog {
  readonly #lines: JobLogLine[] = [];
  #sequence = 0;

  add(level: JobLogLine['level'], message: string): void {
    this.#sequence += 1;
    this.#lines.push({ sequence: this.#sequence, level, message: message.slice(0, MESSAGE_LENGTH) });
    if (this.#lines.length > LINES_AT_MOST) this.#lines.shift();
  }

  /** @param after the sequence of the last line that is known */
  after(after: number): JobLogLine[] {
    return this.#lines.filter(({ sequence }) => sequence > after);
  }
}
