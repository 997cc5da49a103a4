import type { JobState, JobStatusInput, JobSummary } from '@phi/modules';

import { JobLog } from './job-log.js';
import type { JobEnd, JobIdentity, JournalEntry } from './journal-entry.js';

/** How a job ended, and when it was seen to. */
export interface Ending {
  readonly end: JobEnd;
  readonly sequence: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What is known of one job. */
export class Job {
  readonly log = new JobLog();
  readonly #nextSequence: () => number;
  #sequence: number;
  #isRunning = false;
  #records: number | undefined;
  #checkpoint: string | undefined;
  #published: readonly string[] = [];
  #ending: Ending | undefined;

  /** @param nextSequence a number above every one that it gave before */
  constructor(
    readonly identity: JobIdentity,
    nextSequence: () => number,
  ) {
    this.#nextSequence = nextSequence;
    this.#sequence = identity.accepted;
  }

  get state(): JobState {
    return this.#ending?.end.state ?? (this.#isRunning ? 'RUNNING' : 'ACCEPTED');
  }

  get ending(): Ending | undefined {
    return this.#ending;
  }

  get summary(): JobSummary {
    const { ref, idempotency_key } = this.identity;
    return { ref, idempotency_key, state: this.state, sequence: this.#sequence };
  }

  get status(): JobStatusInput {
    const end = this.#ending?.end;
    return {
      ...this.summary,
      ...(this.#records === undefined ? {} : { progress: { records: this.#records } }),
      ...(this.#checkpoint === undefined ? {} : { checkpoint: this.#checkpoint }),
      published: [...this.#published],
      ...(end?.state === 'SUCCEEDED' ? end.result : {}),
      ...(end?.state === 'FAILED' ? { error: end.error } : {}),
    };
  }

  run(): void {
    this.#isRunning = true;
    this.#sequence = this.#nextSequence();
  }

  progress(records: number): void {
    this.#records = records;
    this.#sequence = this.#nextSequence();
  }

  /** @returns what is to be kept of it */
  save(checkpoint: string): JournalEntry {
    this.#checkpoint = checkpoint;
    return this.#saved();
  }

  /** @returns what is to be kept of it */
  publish(dataset: string): JournalEntry {
    this.#published = [...new Set([...this.#published, dataset])];
    return this.#saved();
  }

  /** Takes over what was kept of it. */
  restore({
    checkpoint,
    published,
  }: {
    checkpoint?: string | undefined;
    published: readonly string[];
  }): void {
    this.#checkpoint = checkpoint;
    this.#published = published;
  }

  /** It is over, and never anything else. */
  end(ending: Ending): void {
    this.#ending ??= ending;
    this.#sequence = this.#ending.sequence;
  }

  /** All that is to be kept of it. */
  get entries(): JournalEntry[] {
    const hasSaved = this.#checkpoint !== undefined || this.#published.length > 0;
    return [
      { type: 'ACCEPTED', ...this.identity },
      ...(hasSaved ? [this.#entry()] : []),
      ...(this.#ending === undefined
        ? []
        : [{ type: 'ENDED' as const, ref: this.identity.ref, ...this.#ending }]),
    ];
  }

  #saved(): JournalEntry {
    this.#sequence = this.#nextSequence();
    return this.#entry();
  }

  #entry(): JournalEntry {
    return {
      type: 'SAVED',
      ref: this.identity.ref,
      ...(this.#checkpoint === undefined ? {} : { checkpoint: this.#checkpoint }),
      published: [...this.#published],
    };
  }
}
