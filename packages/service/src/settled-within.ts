/**
 * Waits for something to end, well or not, but no longer than this: at the end of a service Redis may not answer any more.
 *
 * @param ms - milliseconds
 */
export async function settledWithin(ms: number, ending: PromiseLike<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([Promise.allSettled([ending]), late]);
  clearTimeout(timer);
}
