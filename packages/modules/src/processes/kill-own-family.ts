import { killGroup } from '../runner/kill-group.js';
import { readFamilyMark } from './family-mark.js';
import { killProcess } from './kill-process.js';
import { everyPid, readStatus } from './proc-files.js';

/** What starts processes faster than they are killed is left to die with the group. */
const ROUNDS = 50;
/** What ends while it is looked at may have started another that was missed. */
const CLEAN_LOOKS = 3;

/** Kills whatever was started in this process, then itself. */
export const killOwnFamily = (): void => {
  if (process.platform === 'linux') killMarked();
  killGroup(process.pid, 'SIGKILL');
};

const killMarked = (): void => {
  const mark = readFamilyMark(process.pid);
  if (mark === undefined) return;
  const others = (): number[] =>
    everyPid().filter(
      (pid) => pid !== process.pid && readFamilyMark(pid) === mark && readStatus(pid)?.isAlive === true,
    );
  for (let round = 0, clean = 0; round < ROUNDS && clean < CLEAN_LOOKS; round++) {
    const found = others();
    clean = found.length === 0 ? clean + 1 : 0;
    for (const pid of found) killProcess(pid, 'SIGKILL');
  }
};
