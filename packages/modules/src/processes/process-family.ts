import type { ChildProcess } from 'node:child_process';

/** A runner child with everything that was started in it, by whatever way: what is signalled is all of them. */
export interface ProcessFamily {
  /** What the child is started as. */
  command(command: readonly string[]): { readonly file: string; readonly args: readonly string[] };
  /** To be called once, when the child has been started. */
  isLedBy(child: ChildProcess): void;
  /** Whether anything but the child itself was seen to run at the last look. */
  readonly hasDescendants: boolean;
  /** What all of them use together, in KiB; undefined where it cannot be told. */
  memoryKb(): number | undefined;
  /**
   * Signals all of them, also those that are started meanwhile; resolves when none is left that was not signalled.
   *
   * @param before told of each before it is signalled; of a process group by its negative number
   */
  signalAll(signal: 'SIGSTOP' | 'SIGCONT', before?: (pid: number) => void): Promise<void>;
  /** Kills all of them; resolves when none runs any more. */
  kill(): Promise<void>;
}

/** The families of a process; a runner pool has one. */
export interface ProcessFamilies {
  found(): ProcessFamily;
  /** Looks for what was started since the last look; costs next to nothing where nothing was. */
  look(): void;
  /** Nothing ran since the last look: there is nothing to look for. */
  rest(): void;
}
