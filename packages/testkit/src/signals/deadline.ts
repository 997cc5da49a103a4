/** A signal that a test waited for did not come in time. */
export class DeadlineExceeded extends Error {
  constructor(what: string, ms: number, evidence: string) {
    super(`waited ${ms} ms for ${what}${evidence === '' ? '' : `\n${evidence}`}`);
    this.name = 'DeadlineExceeded';
  }
}

/** How long a test waits for a signal that it expects at once, in milliseconds: less than jest waits for the test. */
export const DEFAULT_DEADLINE_MS = Number(process.env['PHI_TEST_DEADLINE_MS'] ?? 20_000);

/**
 * Waits for a promise, but not for ever.
 *
 * @param signal what the test waits for
 * @param what names it in the failure
 * @param ms default {@link DEFAULT_DEADLINE_MS}
 * @param evidence called when the time is over; its text is shown with the failure
 * @throws DeadlineExceeded
 */
export async function withDeadline<T>(
  signal: Promise<T>,
  what: string,
  ms: number = DEFAULT_DEADLINE_MS,
  evidence: () => string = () => '',
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new DeadlineExceeded(what, ms, evidence()));
    }, ms);
  });
  try {
    return await Promise.race([signal, late]);
  } finally {
    clearTimeout(timer);
  }
}
