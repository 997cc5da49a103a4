import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface PhiOptions {
  /** All of its environment but PATH. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string;
  /** Ctrl-C is pressed as soon as standard error has this text in it. */
  readonly interruptAfter?: string;
}

/** Runs the built `phi` to its end, as a shell would: its output goes to pipes. */
export async function runPhi(args: readonly string[], options: PhiOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: { PATH: process.env['PATH'], ...options.env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  let awaited = options.interruptAfter;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (awaited === undefined || !stderr.includes(awaited)) return;
    awaited = undefined;
    child.kill('SIGINT');
  });
  child.stdin.end(options.stdin ?? '');
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  });
  return { status, stdout, stderr };
}
