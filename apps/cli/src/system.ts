import { randomUUID } from 'node:crypto';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';

/** The system clock, epoch milliseconds. */
export function systemNow(): number {
  return Date.now();
}

/** Unique wherever it is made. */
export function newId(): string {
  return randomUUID();
}

/** Everything on standard input, to its end; rejects with an AbortError as soon as the signal is aborted. */
export function readStdin(signal: AbortSignal): Promise<string> {
  return text(addAbortSignal(signal, process.stdin));
}

/** Waits; rejects with an AbortError as soon as the signal is aborted. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal });
}
