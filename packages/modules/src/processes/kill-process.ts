import { hasCode } from '../error-code.js';

/** Signals one process; nothing if it is gone. */
export const killProcess = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!hasCode(error, 'ESRCH', 'EPERM')) throw error;
  }
};
