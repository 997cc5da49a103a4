import { readFile } from 'node:fs/promises';

/** What a body told outside Redis; see handlers/witness.mjs. */
export interface Effect {
  readonly what: 'start' | 'saved' | 'fail' | 'end';
  readonly execution_id: string;
  readonly chain_id: string;
  readonly attempt_number: number;
  readonly fence: number;
  readonly pid: number;
  /** The machine's monotonic clock, in microseconds. */
  readonly clock_us: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** With `start`: the checkpoint it goes on from, 0 where there is none. With `saved`: the one whose saving was acknowledged. */
  readonly counter?: number;
}

/** In the order in which it was told. A last line that was cut off by a death is left out. */
export async function readEffects(file: string): Promise<readonly Effect[]> {
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line.endsWith('}'));
  return lines.map((line) => JSON.parse(line) as Effect);
}
