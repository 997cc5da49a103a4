import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

let watchdog;

/**
 * Starts a program in a process group of its own, so that the terminal's Ctrl-C reaches only us, and
 * puts it under the watchdog, so that it cannot outlive us.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function spawnGroup(command, args, options) {
  const child = spawn(command, args, { ...options, detached: true });
  const { pid } = child;
  if (pid !== undefined) {
    watch(`+${pid}`);
    child.once('exit', () => watch(`-${pid}`));
  }
  return child;
}

/**
 * Asks a process group to end and makes sure that it does.
 *
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} graceMs between SIGTERM and SIGKILL
 * @returns {Promise<'already' | 'ended' | 'killed'>}
 */
export async function stopGroup(child, graceMs) {
  if (child.pid === undefined || hasEnded(child)) return 'already';
  const ended = new Promise((resolve) => child.once('exit', () => resolve('ended')));
  signalGroup(child.pid, 'SIGTERM');
  const timer = deferred(graceMs);
  const outcome = await Promise.race([ended, timer.promise]);
  timer.cancel();
  if (outcome === 'ended') {
    // The leader is gone; whatever it started in its group goes too.
    signalGroup(child.pid, 'SIGKILL');
    return 'ended';
  }
  signalGroup(child.pid, 'SIGKILL');
  await ended;
  return 'killed';
}

/** Whether the process is known to be gone. */
export function hasEnded(child) {
  return child.exitCode !== null || child.signalCode !== null;
}

function signalGroup(pid, signal) {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function deferred(ms) {
  let handle;
  const promise = new Promise((resolve) => {
    handle = setTimeout(() => resolve('late'), ms);
  });
  return { promise, cancel: () => clearTimeout(handle) };
}

function watch(line) {
  if (watchdog === undefined) {
    watchdog = spawn(process.execPath, [fileURLToPath(new URL('./watchdog.mjs', import.meta.url))], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    watchdog.unref();
    watchdog.stdin.unref?.();
    watchdog.stdin.on('error', () => undefined);
  }
  watchdog.stdin.write(`${line}\n`);
}
