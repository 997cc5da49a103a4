import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

// Kept as text, so that it runs from wherever this package was built to.
const PROGRAM = `
const groups = new Set();
require('node:readline').createInterface({ input: process.stdin })
  .on('line', (line) => line[0] === '+' ? groups.add(+line.slice(1)) : groups.delete(+line.slice(1)))
  .on('close', () => {
    for (const pid of groups) { try { process.kill(-pid, 'SIGKILL'); } catch (error) { if (error.code !== 'ESRCH') throw error; } }
  });
`;

let pipe: Writable | undefined;

/**
 * Puts a process group under a watchdog of its own process: when this process ends, in whatever way, every
 * group that is still guarded gets SIGKILL. So no test leaves a process behind, not even a killed one.
 */
export function guard(pid: number): void {
  watchdog().write(`+${pid}\n`);
}

/** Takes a group that has ended off the watchdog's list. */
export function unguard(pid: number): void {
  watchdog().write(`-${pid}\n`);
}

function watchdog(): Writable {
  if (pipe !== undefined) return pipe;
  const child = spawn(process.execPath, ['-e', PROGRAM], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // The pipe's handle would keep a test process alive that has nothing else to do.
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  child.stdin.on('error', () => {
    pipe = undefined;
  });
  pipe = child.stdin;
  return pipe;
}
