import { spawn } from 'node:child_process';

/** Reads one line: `thaw`, or nothing where whoever was to write it has ended. */
const SCRIPT = 'read -r word; [ "$word" = thaw ] || kill -KILL "$@"';

/**
 * Sees to it that stopped processes do not outlive this one: stopped, they cannot notice its end themselves.
 *
 * @param pids of processes that cannot end by themselves while they are stopped
 * @returns ends the guard; to be called before they go on, and when they were killed
 */
export const guardStopped = (pids: readonly number[]): (() => void) => {
  const guard = spawn('/bin/sh', ['-c', SCRIPT, 'sh', ...pids.map(String)], {
    // Not in the terminal's group: a Ctrl-C is for the executor alone.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // One that could not be started guards nothing, and one that was killed need not be told.
  guard.once('error', () => undefined);
  guard.stdin.once('error', () => undefined);
  guard.unref();
  return () => {
    guard.stdin.end('thaw\n');
  };
};
