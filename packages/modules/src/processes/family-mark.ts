import { randomInt } from 'node:crypto';
import { readProcFile } from './proc-files.js';

/**
 * What tells the processes of one runner child from all others: a limit on resident memory, which Linux keeps, hands on to whatever
 * is started, and does not enforce. Unlike the environment it survives `env -i`, unlike the process group `setsid`, unlike
 * the parent's number a double fork.
 */
export type FamilyMark = number;

/** 4 TiB: far more than a program would take for a bound on what it may use. In KiB, as `ulimit` counts. */
const LEAST_KB = 2 ** 32;

export const newFamilyMark = (): FamilyMark => LEAST_KB + randomInt(2 ** 40);

/** A command whose process, and whatever that starts, carries the mark; the process is the command's own. */
export const markedCommand = (
  mark: FamilyMark,
  command: readonly string[],
): { readonly file: string; readonly args: readonly string[] } => ({
  file: '/bin/sh',
  args: ['-c', 'ulimit -m "$1" && shift && exec "$@"', 'sh', String(mark), ...command],
});

/** The mark of a process; undefined where it has none. */
export const readFamilyMark = (pid: number): FamilyMark | undefined => {
  const [, bytes] =
    /^Max resident set\s+\d+\s+(\d+)/m.exec(readProcFile(`${String(pid)}/limits`) ?? '') ?? [];
  return bytes === undefined ? undefined : Number(bytes) / 1024;
};
