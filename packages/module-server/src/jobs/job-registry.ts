import { hasEnded, type JobList, type JobState } from '@phi/modules';

import { Fences } from './fences.js';
import type { Job } from './job.js';
import type { JournalEntry } from './journal-entry.js';

const PAGE = 1000;

export interface JobQuery {
  readonly idempotency_key?: string | undefined;
  readonly prefix?: string | undefined;
  readonly state?: JobState | undefined;
  readonly after?: string | undefined;
}

/** The jobs that are known, in the order in which they were accepted. */
export class JobRegistry {
  readonly #byRef = new Map<string, Job>();
  readonly #byKey = new Map<string, Job>();
  readonly fences = new Fences();

  get size(): number {
    return this.#byRef.size;
  }

  get all(): Iterable<Job> {
    return this.#byRef.values();
  }

  byRef(ref: string): Job | undefined {
    return this.#byRef.get(ref);
  }

  byKey(key: string): Job | undefined {
    return this.#byKey.get(key);
  }

  add(job: Job): void {
    this.#byRef.set(job.identity.ref, job);
    this.#byKey.set(job.identity.idempotency_key, job);
    this.fences.hold(job.identity);
  }

  /** @returns a page of summaries; `next` is the `after` of the page behind it */
  list({ idempotency_key, prefix, state, after = '0' }: JobQuery): JobList {
    const found = [];
    for (const job of this.#byRef.values()) {
      const { accepted, idempotency_key: key } = job.identity;
      const fits =
        accepted > Number(after) &&
        (idempotency_key === undefined || key === idempotency_key) &&
        (prefix === undefined || key.startsWith(prefix)) &&
        (state === undefined || job.state === state);
      if (!fits) continue;
      if (found.length === PAGE) return { jobs: found.map(({ summary }) => summary), next: lastOf(found) };
      found.push(job);
    }
    return { jobs: found.map(({ summary }) => summary) };
  }

  /**
   * Forgets jobs that have ended: those before an instant, and the oldest beyond a number.
   *
   * @param before epoch milliseconds
   */
  forget(before: number, atMost: number): void {
    for (const job of this.#byRef.values()) {
      if (!hasEnded(job.state)) continue;
      if ((job.ending?.at ?? Infinity) >= before && this.#byRef.size <= atMost) continue;
      this.#byRef.delete(job.identity.ref);
      this.#byKey.delete(job.identity.idempotency_key);
      this.fences.release(job.identity);
    }
  }

  /** All that is to be kept. */
  get entries(): JournalEntry[] {
    return [...[...this.#byRef.values()].flatMap(({ entries }) => entries), ...this.fences.entries];
  }
}

function lastOf(jobs: readonly Job[]): string {
  return String(jobs.at(-1)?.identity.accepted);
}
