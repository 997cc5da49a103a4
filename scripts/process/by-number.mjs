// A process number can pass to another program, and a process can end at any moment.
import { readFile } from 'node:fs/promises';

/** @returns {Promise<string | undefined>} its command line; undefined where it has ended, or the system has no such files */
export async function commandOf(pid) {
  return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
}

/**
 * @param {NodeJS.Signals | 0} signal 0 only asks
 * @returns {boolean} false where there is no such process
 */
export function signalProcess(pid, signal) {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    if (error.code === 'ESRCH') return false;
    if (error.code === 'EPERM') return true;
    throw error;
  }
}
