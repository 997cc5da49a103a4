import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

import { withDeadline } from './deadline.js';

type Pattern = string | RegExp | ((line: string) => boolean);

interface Waiter {
  readonly matches: (line: string) => boolean;
  readonly resolve: (line: string) => void;
  readonly reject: (error: Error) => void;
}

/** What a process prints, line by line, with a way to wait for a line. */
export class OutputLines {
  readonly #lines: string[] = [];
  readonly #waiters = new Set<Waiter>();
  #ended: Error | undefined;

  /** Everything printed so far. */
  get all(): readonly string[] {
    return this.#lines;
  }

  /** Takes the lines of a stream from now on. */
  read(stream: Readable): void {
    createInterface({ input: stream }).on('line', (line) => {
      this.#push(line);
    });
  }

  /** Nothing more will come: whoever still waits learns why. */
  end(reason: string): void {
    this.#ended = new Error(reason);
    for (const waiter of this.#waiters) waiter.reject(this.#failure(this.#ended));
    this.#waiters.clear();
  }

  /**
   * The first line that matches, printed already or still to come.
   *
   * @param pattern a part of the line, an expression, or a predicate
   * @param options `ms`: how long to wait; `from`: index of the first line to look at, so that a test can
   *   wait for the next occurrence of a line it has seen
   * @throws DeadlineExceeded with the last lines
   */
  async waitFor(pattern: Pattern, options: { ms?: number; from?: number } = {}): Promise<string> {
    const matches = predicate(pattern);
    const known = this.#lines.slice(options.from ?? 0).find((line) => matches(line));
    if (known !== undefined) return known;
    if (this.#ended !== undefined) throw this.#failure(this.#ended);
    let own: Waiter | undefined;
    const line = new Promise<string>((resolve, reject) => {
      own = { matches, resolve, reject };
      this.#waiters.add(own);
    });
    try {
      return await withDeadline(line, `a line matching ${String(pattern)}`, options.ms, () => this.tail());
    } finally {
      if (own !== undefined) this.#waiters.delete(own);
    }
  }

  /** The last lines, for a failure message. */
  tail(count = 30): string {
    return this.#lines.slice(-count).join('\n');
  }

  #push(line: string): void {
    this.#lines.push(line);
    for (const waiter of this.#waiters) {
      if (!waiter.matches(line)) continue;
      this.#waiters.delete(waiter);
      waiter.resolve(line);
    }
  }

  #failure(cause: Error): Error {
    return new Error(`${cause.message}\n${this.tail()}`, { cause });
  }
}

function predicate(pattern: Pattern): (line: string) => boolean {
  if (typeof pattern === 'function') return pattern;
  if (typeof pattern === 'string') return (line) => line.includes(pattern);
  return (line) => line.search(pattern) !== -1;
}
