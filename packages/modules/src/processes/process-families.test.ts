import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { readProcFile } from './proc-files.js';
import { processFamilies } from './process-families.js';

const isStopped = (pid: number | undefined): boolean =>
  /^State:\s+T/m.test(readProcFile(`${String(pid)}/status`) ?? '');

it('a child that is only starting, and has no mark yet, is stopped and goes on', async () => {
  const family = processFamilies().found();
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
  const ended = once(child, 'exit');
  family.isLedBy(child);
  try {
    await family.signalAll('SIGSTOP');
    while (!isStopped(child.pid)) await turn();
    await family.signalAll('SIGCONT');
    while (isStopped(child.pid)) await turn();
  } finally {
    await family.kill();
  }
  expect(await ended).toEqual([null, 'SIGKILL']);
});
