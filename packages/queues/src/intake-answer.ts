import type { Problem } from '@phi/core';

/** What somebody added to one of the intake queues. */
export interface IntakeMessage {
  /**
   * The same for every delivery of the message, and no other message's, even after the queue was obliterated and
   * BullMQ's ids began again: at most 255 visible ASCII characters.
   */
  readonly id: string;
  readonly data: unknown;
}

/**
 * What became of a message.
 *
 * done: taken in; the sender can read `value` as the BullMQ job's return value. refused: fails for good, at once, with a
 * line for each problem. later: it keeps its place, and the queue waits for `after_ms` before anything is taken from it
 * again; `reason` is shown beside it meanwhile.
 */
export type IntakeAnswer =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly problems: readonly Problem[] }
  | { readonly kind: 'later'; readonly after_ms: number; readonly reason: string };

/** A message could not be taken in for a reason that nobody foresaw; it is tried again. */
export class MessageNotTaken extends Error {
  override readonly name = 'MessageNotTaken';

  constructor(
    readonly queue: string,
    readonly messageId: string,
    cause: unknown,
  ) {
    super(`message ${messageId} of ${queue} could not be taken in; it is tried again`, { cause });
  }
}
