import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { killOwnFamily } from '../processes/kill-own-family.js';
import { HEARTBEAT_FD } from './channels.js';

const POLL_MS = 500;

// Not parsed: it comes from this very process, and the thread stays small.
const { parentPid } = workerData as { readonly parentPid: number };

setInterval(() => {
  if (process.ppid !== parentPid) killOwnFamily();
}, POLL_MS);

const beat = (): void => {
  try {
    writeSync(HEARTBEAT_FD, '.');
  } catch {
    // Nobody reads: the parent is gone, which the watch above sees, or the body has closed the channel and is missed.
  }
};

let beating: NodeJS.Timeout | undefined;

parentPort?.on('message', (everyMs: number | null) => {
  clearInterval(beating);
  if (everyMs === null) return;
  beat();
  beating = setInterval(beat, everyMs);
});
