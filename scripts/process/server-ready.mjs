import { createInterface } from 'node:readline';

import { stopGroup } from './group.mjs';

/** Lines kept of what a server printed. */
const KEPT = 20;
const STOP_MS = 1_000;

/**
 * Waits until a server says that it is ready.
 *
 * @param {import('node:child_process').ChildProcess} child the leader of a process group
 * @param {{streams: import('node:stream').Readable[], says: string, withinMs: number}} options `says`: the text by which it says so
 * @returns {Promise<{child: import('node:child_process').ChildProcess} | {tail: string}>} `tail`: what it printed last; it is stopped then
 */
export async function serverReady(child, { streams, says, withinMs }) {
  const lines = [];
  const ready = new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), withinMs);
    const settle = (isReady) => {
      clearTimeout(timer);
      resolve(isReady);
    };
    for (const stream of streams) {
      createInterface({ input: stream }).on('line', (line) => {
        if (lines.push(line) > KEPT) lines.shift();
        if (line.includes(says)) settle(true);
      });
    }
    child.once('error', (error) => {
      lines.push(error.message);
      settle(false);
    });
    child.once('close', () => settle(false));
  });
  if (await ready) return { child };
  await stopGroup(child, STOP_MS);
  return { tail: lines.join('\n') };
}
