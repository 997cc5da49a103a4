import { spawn, type ChildProcess } from 'node:child_process';
import { Socket } from 'node:net';

/** Keeps a list of process groups (`+ 12`, `- 12`); when nobody is left to write to it, whatever is on the list is killed. */
const SCRIPT = `
groups=
while read -r change group; do
  if [ "$change" = + ]; then
    groups="$groups $group"
  else
    left=
    for other in $groups; do
      [ "$other" = "$group" ] || left="$left $other"
    done
    groups=$left
  fi
done
for group in $groups; do
  kill -s KILL -- "-$group" 2>/dev/null
done
`;

/**
 * Ends programs that outlive this process, however it ends: they cannot be made to notice that themselves, least of all while they
 * are stopped. One small process for all of them, started with the first.
 */
export class GroupWatchdog {
  readonly #groups = new Set<number>();
  #process: ChildProcess | undefined;

  /** Resolves once the group is on the list. */
  async watch(group: number): Promise<void> {
    this.#groups.add(group);
    if (this.#process === undefined) await this.#start();
    else await this.#tell(`+ ${String(group)}\n`);
  }

  /** To be called as soon as the group has ended: its number may be another's then. */
  forget(group: number): void {
    this.#groups.delete(group);
    void this.#tell(`- ${String(group)}\n`);
  }

  /** One that was killed is followed by another that knows all the groups. */
  async #start(): Promise<void> {
    const watchdog = spawn('/bin/sh', ['-c', SCRIPT], {
      // Not in the terminal's group: a Ctrl-C is for the executor alone.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
      env: {},
    });
    this.#process = watchdog;
    const forget = (): void => {
      if (this.#process === watchdog) this.#process = undefined;
    };
    watchdog.once('error', forget).once('exit', forget);
    watchdog.stdin.on('error', () => undefined);
    // It ends with this process, and keeps nobody from ending.
    watchdog.unref();
    if (watchdog.stdin instanceof Socket) watchdog.stdin.unref();
    await this.#tell([...this.#groups].map((known) => `+ ${String(known)}\n`).join(''));
  }

  async #tell(text: string): Promise<void> {
    const stdin = this.#process?.stdin;
    if (stdin === undefined || stdin === null) return;
    await new Promise<void>((resolve) => {
      stdin.write(text, () => {
        resolve();
      });
    });
  }
}
