import type { Readable } from 'node:stream';
import { LineAllowance } from './line-allowance.js';
import { END_OF_ATTEMPT } from './messages.js';

/** A line longer than this is handed on in pieces. */
export const MAX_LINE_LENGTH = 16 * 1024;

/** The lines that a child prints on one stream, in attempts. */
export class OutputLines {
  readonly #allowance = new LineAllowance();
  #dropped = 0;
  #pending = '';
  #onLine: ((line: string) => void) | undefined;
  #ended: (() => void) | undefined;
  #isOpen = true;

  constructor(stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('data', (text: string) => {
      this.#take(text);
    });
    stream.on('error', () => {
      this.#close();
    });
    stream.once('close', () => {
      this.#close();
    });
  }

  /** Hands every line of the next attempt to `onLine`; resolves at its end mark, or when the stream closes. */
  async follow(onLine: (line: string) => void): Promise<void> {
    this.#onLine = onLine;
    if (!this.#isOpen) return;
    await new Promise<void>((resolve) => {
      this.#ended = resolve;
    });
  }

  #take(text: string): void {
    const lines = (this.#pending + text).split('\n');
    this.#pending = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    if (this.#pending.length > MAX_LINE_LENGTH) {
      // Whole pieces: that a line goes on is told by the length of each.
      const whole = this.#pending.length - (this.#pending.length % MAX_LINE_LENGTH);
      this.#emit(this.#pending.slice(0, whole));
      this.#pending = this.#pending.slice(whole);
    }
  }

  #line(line: string): void {
    if (!line.endsWith(END_OF_ATTEMPT)) {
      this.#emit(line);
      return;
    }
    const last = line.slice(0, -END_OF_ATTEMPT.length);
    if (last !== '') this.#emit(last);
    this.#tellDropped();
    this.#ended?.();
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    this.#onLine?.(`(${String(this.#dropped)} lines dropped: printed faster than they can be kept)`);
    this.#dropped = 0;
  }

  #emit(line: string): void {
    if (!this.#allowance.take(line.length)) {
      this.#dropped += 1;
      return;
    }
    this.#tellDropped();
    for (let from = 0; from === 0 || from < line.length; from += MAX_LINE_LENGTH) {
      this.#onLine?.(line.slice(from, from + MAX_LINE_LENGTH));
    }
  }

  #close(): void {
    if (this.#pending !== '') this.#emit(this.#pending);
    this.#pending = '';
    this.#tellDropped();
    this.#isOpen = false;
    this.#ended?.();
  }
}
