import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../../apps/scheduler/dist/main.js', import.meta.url));
const REPORTER = new URL('./cpu-reporter-child.js', import.meta.url).href;
const STOP_WITHIN_MS = 10_000;

/** The scheduler, as a process of its own. */
export interface SchedulerProcess {
  /** CPU time that it has used so far, in seconds. */
  cpuSeconds(): Promise<number>;
  stop(): Promise<void>;
}

export function startScheduler(variables: Readonly<Record<string, string>>): SchedulerProcess {
  const child = fork(MAIN, [], {
    execArgv: ['--import', REPORTER],
    env: { ...process.env, ...variables },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(child, 'exit');
  return {
    async cpuSeconds() {
      const answer = once(child, 'message');
      child.send('cpu');
      const [usage] = (await Promise.race([answer, ended.then(throwEnded)])) as [NodeJS.CpuUsage];
      return (usage.user + usage.system) / 1e6;
    },
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

function throwEnded([code, signal]: unknown[]): never {
  throw new Error(`the scheduler ended with ${String(signal ?? code)}`);
}
