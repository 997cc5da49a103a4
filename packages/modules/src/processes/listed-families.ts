import { execFile, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';
import { killGroup } from '../runner/kill-group.js';
import { killProcess } from './kill-process.js';
import type { ProcessFamilies, ProcessFamily } from './process-family.js';

interface ListedProcess {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  readonly isAlive: boolean;
}

const list = async (): Promise<ListedProcess[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,pgid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .map(([pid, parent, group, stat = '']) => ({
      pid: Number(pid),
      parent: Number(parent),
      group: Number(group),
      isAlive: !stat.startsWith('Z'),
    }));
};

/** The group that `leader` leads, and all that descends from it. */
const familyOf = (leader: number, listed: readonly ListedProcess[]): number[] => {
  const members = new Set([leader]);
  for (let before = 0; before < members.size;) {
    before = members.size;
    for (const { pid, parent, group } of listed)
      if (group === leader || members.has(parent)) members.add(pid);
  }
  return listed.filter(({ pid, isAlive }) => isAlive && members.has(pid)).map(({ pid }) => pid);
};

class ListedFamily implements ProcessFamily {
  #leader: number | undefined;
  readonly hasDescendants = false;

  command([file = '', ...args]: readonly string[]): {
    readonly file: string;
    readonly args: readonly string[];
  } {
    return { file, args };
  }

  isLedBy({ pid }: ChildProcess): void {
    this.#leader = pid;
  }

  memoryKb(): undefined {
    return undefined;
  }

  async signalAll(signal: 'SIGSTOP' | 'SIGCONT', before?: (pid: number) => void): Promise<void> {
    for (const pid of await this.#members()) {
      before?.(pid);
      killProcess(pid, signal);
    }
  }

  async kill(): Promise<void> {
    // Listed first: when the group is dead, what left it has another parent.
    const members = await this.#members();
    if (this.#leader !== undefined) killGroup(this.#leader, 'SIGKILL');
    for (const pid of members) killProcess(pid, 'SIGKILL');
  }

  async #members(): Promise<number[]> {
    return this.#leader === undefined ? [] : familyOf(this.#leader, await list());
  }
}

/**
 * Families where there is no /proc, by `ps`: the process group and what descends from it. What has left both is not found,
 * memory is not told, and a body that leaves something behind is not noticed.
 */
export const listedFamilies = (): ProcessFamilies => ({
  found: () => new ListedFamily(),
  look: () => undefined,
  rest: () => undefined,
});
