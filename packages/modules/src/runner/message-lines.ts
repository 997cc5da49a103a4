import type { Readable } from 'node:stream';

/** Whoever takes messages, one JSON text a line. */
export interface MessageReader {
  onMessage(message: unknown): void;
  /** What came is no message; what comes after it is not read. */
  onBreach(error: Error): void;
  /** Nothing will come any more. */
  onEnd(): void;
}

/**
 * Reads messages from a stream that may carry anything. Node's own channel between processes is not used: a line that is no JSON ends
 * the process that reads it, and one without an end fills its memory.
 *
 * @param maxLength of one message, in characters
 */
export const readMessages = (stream: Readable, reader: MessageReader, maxLength: number): void => {
  let pending = '';
  let isBroken = false;
  const breach = (message: string): void => {
    isBroken = true;
    pending = '';
    reader.onBreach(new Error(message));
  };
  const take = (line: string): void => {
    try {
      reader.onMessage(JSON.parse(line));
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      breach(`what it sent is not JSON: ${error.message}`);
    }
  };
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = isBroken ? [] : text.split('\n');
    for (const [index, piece] of lines.entries()) {
      if (isBroken) return;
      pending += piece;
      if (pending.length > maxLength) breach(`a message is longer than ${String(maxLength)} characters`);
      else if (index < lines.length - 1) {
        const line = pending;
        pending = '';
        take(line);
      }
    }
  });
  stream.once('error', () => undefined);
  stream.once('close', () => {
    reader.onEnd();
  });
};

/** @returns the line that `readMessages` reads */
export const messageLine = (message: unknown): string => `${JSON.stringify(message)}\n`;
