import { spawn } from 'node:child_process';
import type { Writable } from 'node:stream';

/**
 * Reads a line for each group that is to be guarded, and one for each that is no more; kills what is left when whoever was to write has
 * ended. A shell: small, and there at once.
 */
const PROGRAM = `
groups=
while read -r word; do
  group=\${word#?}
  case $word in
    +*) groups="$groups $group" ;;
    *)
      left=
      for one in $groups; do [ "$one" = "$group" ] || left="$left $one"; done
      groups=$left
      ;;
  esac
done
for one in $groups; do kill -s KILL -- "-$one"; done
`;

const guarded = new Set<number>();
let pipe: Writable | undefined;

/**
 * Puts a process group under a watchdog of its own process: when this process ends, in whatever way, every
 * group that is still guarded gets SIGKILL. So no test leaves a process behind, not even a killed one.
 */
export function guard(pid: number): void {
  guarded.add(pid);
  watchdog().write(`+${pid}\n`);
}

/** Takes a group that has ended off the watchdog's list; with the last one the watchdog ends. */
export function unguard(pid: number): void {
  guarded.delete(pid);
  pipe?.write(`-${pid}\n`);
  if (guarded.size > 0) return;
  // Each test file has one of its own, and a run has hundreds of them.
  pipe?.end();
  pipe = undefined;
}

function watchdog(): Writable {
  if (pipe !== undefined) return pipe;
  const child = spawn('/bin/sh', ['-c', PROGRAM], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  const { stdin } = child;
  // The pipe's handle would keep a test process alive that has nothing else to do.
  if ('unref' in stdin && typeof stdin.unref === 'function') stdin.unref();
  stdin.on('error', () => {
    if (pipe === stdin) pipe = undefined;
  });
  pipe = stdin;
  return stdin;
}
