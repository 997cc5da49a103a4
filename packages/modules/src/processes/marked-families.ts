import type { ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { killGroup } from '../runner/kill-group.js';
import { killProcess } from './kill-process.js';
import { markedCommand, newFamilyMark, readFamilyMark } from './family-mark.js';
import type { FamilyMark } from './family-mark.js';
import { lastPid, Newcomers } from './newcomers.js';
import { everyPid, readStatus } from './proc-files.js';
import type { ProcessFamilies, ProcessFamily } from './process-family.js';

const FIRST_PAUSE_MS = 1;
/** Where others start processes all the time: so many looks in a row that find none. */
const CLEAN_LOOKS = 3;
/** The longest pause between two looks at what was killed and still runs. */
const LONGEST_PAUSE_MS = 200;

class MarkedFamily implements ProcessFamily {
  readonly mark: FamilyMark = newFamilyMark();
  /** As of the last look; one that has ended is found out when it is looked at itself. */
  readonly members = new Set<number>();
  #leader: ChildProcess | undefined;
  readonly #families: MarkedFamilies;

  constructor(families: MarkedFamilies) {
    this.#families = families;
  }

  command(command: readonly string[]): { readonly file: string; readonly args: readonly string[] } {
    return markedCommand(this.mark, command);
  }

  isLedBy(leader: ChildProcess): void {
    this.#leader = leader;
    if (leader.pid !== undefined) this.members.add(leader.pid);
  }

  /** All are to be found again, but for the leader: it has no mark yet while it is only starting. */
  forget(): void {
    this.members.clear();
    const { pid, exitCode = null, signalCode = null } = this.#leader ?? {};
    const isRunning = exitCode === null && signalCode === null;
    if (pid !== undefined && isRunning && readStatus(pid)?.isAlive === true) this.members.add(pid);
  }

  get hasDescendants(): boolean {
    this.#forgetEnded();
    return [...this.members].some((pid) => pid !== this.#leader?.pid);
  }

  memoryKb(): number {
    this.#families.look();
    let sum = 0;
    for (const pid of this.#forgetEnded()) sum += pid.memory_kb;
    return sum;
  }

  async signalAll(signal: 'SIGSTOP' | 'SIGCONT', before?: (pid: number) => void): Promise<void> {
    const signalled = new Set<number>();
    if (this.#leader?.pid !== undefined) before?.(-this.#leader.pid);
    this.#signalGroup(signal);
    await this.#untilNone(
      () => [...this.members].filter((pid) => !signalled.has(pid)),
      (pid) => {
        before?.(pid);
        killProcess(pid, signal);
        signalled.add(pid);
      },
    );
  }

  async kill(): Promise<void> {
    this.#signalGroup('SIGKILL');
    await this.#untilNone(
      () => [...this.members],
      (pid) => {
        killProcess(pid, 'SIGKILL');
      },
    );
    this.#families.isGone(this);
  }

  /** Looks everywhere until none is found any more, and none can have been missed. */
  async #untilNone(find: () => readonly number[], use: (pid: number) => void): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    for (let clean = 0; ;) {
      // Where it cannot be told who there is, as without file descriptors, it is looked again: nobody is taken for gone.
      const isExact = await this.#families.lookEverywhere().catch(() => undefined);
      const found = find();
      clean = found.length === 0 && isExact !== undefined ? clean + 1 : 0;
      if (found.length === 0 && (isExact === true || clean === CLEAN_LOOKS)) return;
      for (const pid of found) use(pid);
      await sleep(pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }
  }

  #signalGroup(signal: NodeJS.Signals): void {
    const pid = this.#leader?.pid;
    if (pid !== undefined && this.members.has(pid)) killGroup(pid, signal);
  }

  /** A number may be another's by now: the mark decides. @returns what still runs */
  #forgetEnded(): { readonly memory_kb: number }[] {
    return [...this.members].flatMap((pid) => {
      const status = readStatus(pid);
      if (status?.isAlive === true && (pid === this.#leader?.pid || readFamilyMark(pid) === this.mark))
        return [status];
      this.members.delete(pid);
      return [];
    });
  }
}

/** Families on Linux: told apart by a mark that is handed on to every process (docs/adr/0021-isolation-and-liveness.md). */
class MarkedFamilies implements ProcessFamilies {
  readonly #byMark = new Map<FamilyMark, MarkedFamily>();
  readonly #newcomers = new Newcomers();
  #everywhere: Promise<boolean> | undefined;

  found(): MarkedFamily {
    const family = new MarkedFamily(this);
    this.#byMark.set(family.mark, family);
    return family;
  }

  look(): void {
    this.#sort(this.#newcomers.look());
  }

  rest(): void {
    this.#newcomers.skip();
  }

  /**
   * One look at everything for all who ask at the same time, after they asked.
   *
   * @returns whether it is exact: what starts a process and ends while it is looked at may be missed, and what it started as well
   */
  async lookEverywhere(): Promise<boolean> {
    this.#everywhere ??= Promise.resolve().then(() => {
      this.#everywhere = undefined;
      for (const family of this.#byMark.values()) family.forget();
      const before = lastPid();
      this.#sort(everyPid());
      return lastPid() === before;
    });
    return this.#everywhere;
  }

  isGone(family: MarkedFamily): void {
    this.#byMark.delete(family.mark);
  }

  #sort(pids: readonly number[]): void {
    for (const pid of pids) {
      const family = this.#byMark.get(readFamilyMark(pid) ?? 0);
      if (family === undefined || family.members.has(pid)) continue;
      const status = readStatus(pid);
      if (status?.isAlive === true && status.isProcess) family.members.add(pid);
    }
  }
}

export const markedFamilies = (): ProcessFamilies => new MarkedFamilies();
