import { readdirSync, readFileSync } from 'node:fs';
import { hasCode } from '../error-code.js';

/** A file of /proc, or undefined where its process is gone or not ours to look at. */
export const readProcFile = (path: string): string | undefined => {
  try {
    return readFileSync(`/proc/${path}`, 'latin1');
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return undefined;
    throw error;
  }
};

/** Every process there is; threads are not among them. */
export const everyPid = (): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);

/** What /proc says about one process. */
export interface ProcessStatus {
  /** False for a thread: it has a number of its own. */
  readonly isProcess: boolean;
  /** False for one that has ended and is not yet collected by its parent. */
  readonly isAlive: boolean;
  /** Memory that is its own, not a file's, in KiB: resident, shared and swapped out. */
  readonly memory_kb: number;
}

const kilobytes = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1] ?? 0);

/** undefined where there is no such process any more. */
export const readStatus = (pid: number): ProcessStatus | undefined => {
  const status = readProcFile(`${String(pid)}/status`);
  if (status === undefined) return undefined;
  return {
    isProcess: status.includes(`\nTgid:\t${String(pid)}\n`),
    isAlive: !/^State:\s+[ZX]/m.test(status),
    memory_kb: kilobytes(status, 'RssAnon') + kilobytes(status, 'RssShmem') + kilobytes(status, 'VmSwap'),
  };
};
