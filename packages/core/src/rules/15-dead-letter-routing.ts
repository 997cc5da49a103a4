import type { DeadLetter } from '../schema/dead-letter.js';

export type DeadLetterVerdict =
  | {
      readonly verdict: 'ROUTE';
      /** How long it is kept, in milliseconds. */
      readonly kept_ms: number;
    }
  | { readonly verdict: 'DISCARD' };

const HOUR_MS = 3_600_000;

/**
 * Where an execution goes that has failed for good (specification: Rule 15, Dead Letter Routing): to the dead letters, for as long as its job says.
 * What is discarded stays in the history, and in no queue.
 */
export function deadLetterRouting({ dead_letter_enabled, retention_hours }: DeadLetter): DeadLetterVerdict {
  return dead_letter_enabled
    ? { verdict: 'ROUTE', kept_ms: retention_hours * HOUR_MS }
    : { verdict: 'DISCARD' };
}
