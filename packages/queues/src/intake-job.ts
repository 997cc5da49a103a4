import { createHash } from 'node:crypto';

import type { Job, JobsOptions } from 'bullmq';

import { PLAIN_PREFIX } from './names.js';

/** How many messages that were taken in are kept for their senders, and for how long. */
const KEEP_DONE = { count: 1000, age: 86_400 };
/** How many refused messages are kept for inspection, and for how long. */
const KEEP_REFUSED = { count: 10_000, age: 7 * 86_400 };

/** The pause before a message is tried again that could not be taken in: the first, and the longest, in milliseconds. */
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 30_000;

/** A BullMQ job id that can stand in a message id as it is. */
const PLAIN_ID = /^[\x21-\x7e]{1,200}$/;

/**
 * Identifies a message: BullMQ's ids begin again when a queue is obliterated, so the time belongs to it; a message of
 * the plain queue is another than that of the namespace's own with the same id.
 *
 * @param prefix - BullMQ's key prefix of the queue that it is in
 */
export function messageId(prefix: string, job: Pick<Job, 'id' | 'timestamp'>): string {
  const id = job.id ?? '';
  const name = PLAIN_ID.test(id) ? id : createHash('sha256').update(id).digest('hex');
  return `${prefix === PLAIN_PREFIX ? `${PLAIN_PREFIX}:` : ''}${name}:${String(job.timestamp)}`;
}

/**
 * What the sender asked BullMQ to do about failures does not count: only a refusal fails a message, and at once.
 * Nor does how much it wanted kept, but for nothing at all: a queue is trimmed as a whole, whoever's messages are in it.
 */
export function disregardOptions({ opts }: { readonly opts: JobsOptions }): void {
  opts.attempts = Number.MAX_SAFE_INTEGER;
  opts.backoff = { type: 'intake' };
  opts.stackTraceLimit = 0;
  opts.removeOnComplete = isNothing(opts.removeOnComplete) || KEEP_DONE;
  opts.removeOnFail = isNothing(opts.removeOnFail) || KEEP_REFUSED;
}

/** @param attempt - how often it could not be taken in, from 1 */
export function pauseMs(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
}

function isNothing(keep: JobsOptions['removeOnComplete']): boolean {
  return keep === true || keep === 0;
}
