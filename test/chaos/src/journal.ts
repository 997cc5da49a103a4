import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

/** What was done to a world and when, a line each, in a file that outlives it. */
export class Journal {
  readonly file: string;
  private readonly began = performance.now();
  private readonly counts = new Map<string, number>();

  /** @param directory - made if it is not there */
  constructor(readonly directory: string) {
    mkdirSync(directory, { recursive: true });
    this.file = join(directory, 'faults.jsonl');
  }

  /** How many faults of each kind there were. */
  get faults(): ReadonlyMap<string, number> {
    return this.counts;
  }

  get total(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Milliseconds since it began. */
  get elapsedMs(): number {
    return performance.now() - this.began;
  }

  inject(nemesis: string): void {
    this.counts.set(nemesis, (this.counts.get(nemesis) ?? 0) + 1);
    this.note('inject', nemesis);
  }

  note(what: string, about: string): void {
    const line = { ms: Math.round(this.elapsedMs), at: new Date().toISOString(), what, about };
    appendFileSync(this.file, `${JSON.stringify(line)}\n`);
  }
}
