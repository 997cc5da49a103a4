import { hasEnded } from '@phi/modules';

import { Job } from './job.js';
import type { JobRegistry } from './job-registry.js';
import type { JournalEntry } from './journal-entry.js';
import { failed } from './run-job.js';
import { sequenceFrom } from './sequence.js';

export interface Restored {
  /** How often the server has started, this time included. */
  readonly start: number;
  readonly nextSequence: () => number;
  /** Jobs that ran, or waited to, when the server went. */
  readonly interrupted: number;
}

/**
 * Fills a registry with what a journal tells. What had not ended has now: its process went with the server.
 *
 * @param now epoch milliseconds
 */
export function restoreJobs(entries: readonly JournalEntry[], registry: JobRegistry, now: number): Restored {
  const starts = entries.filter((entry) => entry.type === 'STARTED').map(({ start }) => start);
  const start = Math.max(0, ...starts) + 1;
  const nextSequence = sequenceFrom(start);
  for (const entry of entries) restore(entry, registry, nextSequence);
  const interrupted = [...registry.all].filter(({ state }) => !hasEnded(state));
  for (const job of interrupted) {
    const end = failed('SERVER_RESTARTED', 'the module server has restarted while this job ran', 'TRANSIENT');
    job.end({ end, sequence: nextSequence(), at: now });
  }
  return { start, nextSequence, interrupted: interrupted.length };
}

function restore(entry: JournalEntry, registry: JobRegistry, nextSequence: () => number): void {
  switch (entry.type) {
    case 'STARTED':
      return;
    case 'ACCEPTED': {
      const { type: _, ...identity } = entry;
      // Told twice where the journal was rewritten just then.
      if (registry.byRef(identity.ref) === undefined) registry.add(new Job(identity, nextSequence));
      return;
    }
    case 'FENCED':
      registry.fences.raise(entry, entry.fence);
      return;
    case 'SAVED':
      registry.byRef(entry.ref)?.restore(entry);
      return;
    case 'ENDED':
      registry.byRef(entry.ref)?.end(entry);
  }
}
