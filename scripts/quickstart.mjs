/**
 * Called by `npm start` once every service is ready: applies the example pipelines, runs them and says what
 * ran.
 *
 * @param {object} instance
 * @param {string} instance.apiUrl
 * @param {string} instance.dataDir absolute; the admin key is in it
 * @param {string} instance.root of the checkout
 * @param {AbortSignal} instance.signal aborted when the user asks to stop
 * @param {(title: string, work: (update: (detail: string) => void) => Promise<unknown>) => Promise<unknown>}
 *   instance.step shows a step while it runs
 * @param {(line: string) => void} instance.say prints a line
 */
export async function quickstart({ apiUrl, say }) {
  say(`Phi is running: ${apiUrl}`);
}
