/**
 * What some work comes to, unless the signal comes first: the work then goes on unheard.
 *
 * @throws what the work throws, or the signal's reason
 */
export const unlessStopped = async <T>(signal: AbortSignal, work: Promise<T>): Promise<T> => {
  let end = (): void => undefined;
  const stopped = new Promise<never>((_, reject) => {
    end = () => {
      // oxlint-disable-next-line prefer-promise-reject-errors -- whoever stopped it chose the reason
      reject(signal.reason);
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
  try {
    return await Promise.race([stopped, work]);
  } finally {
    signal.removeEventListener('abort', end);
    work.catch(() => undefined);
  }
};
