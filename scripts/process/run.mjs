import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';

const TAIL_LINES = 40;

/**
 * Runs a program to its end and keeps its output in a log file.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {object} [options]
 * @param {string} [options.cwd]
 * @param {NodeJS.ProcessEnv} [options.env] the whole environment; default: this process' own
 * @param {number} [options.uid] whom it runs as, with `gid`; default: this user
 * @param {number} [options.gid]
 * @param {string} [options.logFile] where all output goes
 * @param {(line: string) => void} [options.onLine] called with each line of output
 * @returns {Promise<{code: number, output: string, tail: string}>} `output` is stdout alone; a program
 *   that cannot be started answers code 127
 */
export async function run(command, args, options = {}) {
  const log = options.logFile ? await openLog(options.logFile) : undefined;
  const child = spawn(command, args, {
    cwd: options.cwd,
    uid: options.uid,
    gid: options.gid,
    env: options.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = [];
  let output = '';
  const take = (source) => {
    let rest = '';
    source.setEncoding('utf8');
    source.on('data', (chunk) => {
      log?.write(chunk);
      const parts = (rest + chunk).split(/\r?\n/u);
      rest = parts.pop() ?? '';
      for (const line of parts) pass(line);
    });
    source.on('end', () => rest && pass(rest));
  };
  const pass = (line) => {
    lines.push(line);
    if (lines.length > TAIL_LINES) lines.shift();
    options.onLine?.(line);
  };
  take(child.stdout);
  take(child.stderr);
  child.stdout.on('data', (chunk) => (output += chunk));
  const forward = (signal) => child.kill(signal);
  process.on('SIGTERM', forward);
  const code = await new Promise((resolve) => {
    child.on('error', (error) => {
      pass(`${command}: ${error.message}`);
      resolve(127);
    });
    child.on('close', (status, signal) => resolve(status ?? (signal ? 128 : 1)));
  });
  process.off('SIGTERM', forward);
  log?.end();
  return { code, output, tail: lines.join('\n') };
}

/**
 * Runs a program on this terminal and answers its exit status.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, quiet?: boolean}} [options] `quiet` drops its standard
 *   output and keeps its standard error
 * @returns {Promise<number>}
 */
export function runHere(command, args, { quiet = false, ...options } = {}) {
  return new Promise((resolve) => {
    const stdio = ['inherit', quiet ? 'ignore' : 'inherit', 'inherit'];
    const child = spawn(command, args, { ...options, stdio });
    const forward = (signal) => child.kill(signal);
    // The terminal gives SIGINT to both; what asks us alone to end has to be passed on.
    const keep = () => undefined;
    process.on('SIGTERM', forward).on('SIGINT', keep);
    const end = (status) => {
      process.off('SIGTERM', forward).off('SIGINT', keep);
      resolve(status);
    };
    child.on('error', (error) => {
      process.stderr.write(`${command}: ${error.message}\n`);
      end(127);
    });
    child.on('close', (status, signal) => end(status ?? (signal ? 128 : 1)));
  });
}

async function openLog(file) {
  await mkdir(path.dirname(file), { recursive: true });
  return createWriteStream(file);
}
