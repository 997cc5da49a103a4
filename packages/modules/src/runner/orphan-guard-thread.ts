import { workerData } from 'node:worker_threads';
import { z } from 'zod';
import { killGroup } from './kill-group.js';

const POLL_MS = 500;

const { parentPid } = z.object({ parentPid: z.number() }).parse(workerData);

setInterval(() => {
  if (process.ppid !== parentPid) killGroup(process.pid, 'SIGKILL');
}, POLL_MS);
