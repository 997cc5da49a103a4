import { say } from '../console/progress.mjs';

/** Signals closer together than this are one request: Ctrl-C can reach us twice, from the terminal and passed on by npm. */
const SAME_REQUEST_MS = 1_000;

/**
 * Until a person asks to stop, by Ctrl-C or a signal.
 *
 * @param {() => unknown} onSecond called when it is asked once more
 * @returns {{stop: AbortSignal, whileWanted: (work: Promise<unknown>) => Promise<void>}} `whileWanted` ends early, and well, when it is
 *   asked to stop
 */
export function untilAsked(onSecond) {
  const controller = new AbortController();
  const { signal } = controller;
  let askedAt = 0;
  const onSignal = () => {
    if (!signal.aborted) {
      askedAt = performance.now();
      say('');
      controller.abort();
      return;
    }
    if (performance.now() - askedAt < SAME_REQUEST_MS) return;
    say('Stopping at once, without draining.');
    void onSecond();
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, onSignal);
  // A terminal that has gone must not keep the services from being stopped.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

  const whileWanted = async (work) => {
    const asked = new Promise((resolve) => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', resolve, { once: true });
    });
    // Whatever still fails after that is the stop itself.
    work.catch((error) => {
      if (!signal.aborted) return;
      if (error?.name !== 'AbortError') process.stderr.write(`${error?.message}\n`);
    });
    await Promise.race([work, asked]);
  };
  return { stop: signal, whileWanted };
}
