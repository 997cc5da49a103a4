import { spawn } from 'node:child_process';

/** Reads a number a line; `thaw`, or nothing more where whoever was to write it has ended. A negative one is a group. */
const SCRIPT =
  'pids=; while read -r word; do [ "$word" = thaw ] && exit; pids="$pids $word"; done; kill -s KILL -- $pids';

/** Sees to it that stopped processes do not outlive this one: stopped, they cannot notice its end themselves. */
export class FrozenGuard {
  readonly #shell = spawn('/bin/sh', ['-c', SCRIPT], {
    // Not in the terminal's group: a Ctrl-C is for the executor alone.
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });

  constructor() {
    // One that could not be started guards nothing, and one that was killed need not be told.
    this.#shell.once('error', () => undefined);
    this.#shell.stdin.once('error', () => undefined);
    this.#shell.unref();
  }

  /** To be called before it is stopped. @param pid negative: of a process group */
  add(pid: number): void {
    this.#shell.stdin.write(`${String(pid)}\n`);
  }

  /** To be called before they go on, and when they were killed. */
  dismiss(): void {
    this.#shell.stdin.end('thaw\n');
  }
}
