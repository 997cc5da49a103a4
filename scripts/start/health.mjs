import { setTimeout as pause } from 'node:timers/promises';

import { Refusal } from '../console/progress.mjs';

const POLL_MS = 100;

/**
 * Waits until the API says that it can serve.
 *
 * @param {string} url of the API
 * @param {number} timeoutMs
 * @throws {Refusal} it did not within the time
 */
export async function untilHealthy(url, timeoutMs = 60_000) {
  const deadline = performance.now() + timeoutMs;
  let last = 'no answer';
  while (performance.now() < deadline) {
    try {
      const answer = await fetch(`${url}/health/ready`, { signal: AbortSignal.timeout(5_000) });
      if (answer.ok) return;
      last = `status ${answer.status}: ${(await answer.text()).slice(0, 500)}`;
    } catch (error) {
      last = error.cause?.message ?? error.message;
    }
    await pause(POLL_MS);
  }
  throw new Refusal(`${url}/health/ready did not become ready within ${timeoutMs / 1000} s (${last})`);
}
