import type { JournalEntry } from './journal-entry.js';

/** A stage of a chain: what a fence is of. */
export interface Fenced {
  readonly chain_id: string;
  readonly stage: string;
}

/** The highest fence that was seen for each stage of a chain, for as long as there is a job of it. */
export class Fences {
  readonly #held = new Map<string, Fenced & { jobs: number; fence: number }>();

  /** Whether a later attempt of the chain has been here already. */
  isStale(of: Fenced, fence: number): boolean {
    return fence < (this.#held.get(nameOf(of))?.fence ?? -1);
  }

  /** For one more job. */
  hold({ chain_id, stage }: Fenced): void {
    const name = nameOf({ chain_id, stage });
    const held = this.#held.get(name);
    if (held === undefined) this.#held.set(name, { chain_id, stage, jobs: 1, fence: -1 });
    else held.jobs += 1;
  }

  /** One of the jobs is forgotten. */
  release(of: Fenced): void {
    const held = this.#held.get(nameOf(of));
    if (held !== undefined && (held.jobs -= 1) === 0) this.#held.delete(nameOf(of));
  }

  /** @returns what is to be kept, if the fence is news */
  raise(of: Fenced, fence: number): JournalEntry[] {
    const held = this.#held.get(nameOf(of));
    if (held === undefined || fence <= held.fence) return [];
    held.fence = fence;
    return [{ type: 'FENCED', chain_id: held.chain_id, stage: held.stage, fence }];
  }

  get entries(): JournalEntry[] {
    return [...this.#held.values()]
      .filter(({ fence }) => fence >= 0)
      .map(({ chain_id, stage, fence }) => ({ type: 'FENCED', chain_id, stage, fence }));
  }
}

function nameOf({ chain_id, stage }: Fenced): string {
  return JSON.stringify([chain_id, stage]);
}
