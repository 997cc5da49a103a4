import { PhiError } from '@phi/core';

/** One record that cannot be read now must not keep the others from being looked at. */
export async function unlessUnreadable<Read>(reading: Promise<Read>): Promise<Read | 'UNREADABLE'> {
  try {
    return await reading;
  } catch (error) {
    if (isUnreadable(error)) return 'UNREADABLE';
    throw error;
  }
}

const UNREADABLE: ReadonlySet<string> = new Set([
  'STATE_002_QUEUE_STATE_CORRUPT',
  'STATE_004_RECORD_TOO_NEW',
]);

/** A record of another type than text is damaged as well (docs/adr/0035-damaged-records.md). */
function isUnreadable(error: unknown): boolean {
  if (error instanceof PhiError) return UNREADABLE.has(error.code);
  return error instanceof Error && error.message.startsWith('WRONGTYPE ');
}
