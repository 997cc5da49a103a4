import { hasCode } from '../error-code.js';

/**
 * Signals a whole process group; nothing if it is gone.
 *
 * @param pid of the group's leader
 */
export const killGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // A group of which only ended processes are left answers EPERM on some systems.
    if (!hasCode(error, 'ESRCH', 'EPERM')) throw error;
  }
};
