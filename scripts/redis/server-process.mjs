import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { commandOf, signalProcess } from '../process/by-number.mjs';
import { freePort } from '../process/free-port.mjs';
import { spawnGroup, stopGroup } from '../process/group.mjs';
import { serverReady } from '../process/server-ready.mjs';
import { pingProblem } from './ping.mjs';

const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 15_000;

/**
 * Starts a Redis server that keeps its data in a directory.
 *
 * It listens on the loopback interface only, never evicts and writes an append-only file, so that a
 * later start on the same directory continues where this one ended.
 *
 * @param {{binary: string, env: Record<string, string>}} server
 * @param {string} dir
 * @returns {Promise<{url: string, port: number, stop(): Promise<void>}>}
 */
export async function startServer(server, dir) {
  await mkdir(dir, { recursive: true });
  await endForerunner(dir);
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const outcome = await launch(server, dir, port);
    if (outcome.child !== undefined) return running(outcome.child, dir, port);
    // Someone else took the port between our look and the server's: look again.
    if (attempt === 5 || !/Address already in use/iu.test(outcome.tail)) {
      throw new Refusal(`Redis (${server.binary}) did not start in ${dir}`, outcome.tail);
    }
  }
}

/** What the server is started with, over its own defaults. */
export function serverArguments(dir, port) {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    appendonly: 'yes',
    appendfsync: 'everysec',
    save: '',
    'maxmemory-policy': 'noeviction',
    // Delayed deliveries are as exact as this frequency.
    hz: '100',
    daemonize: 'no',
    logfile: '',
  };
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
}

function launch(server, dir, port) {
  const child = spawnGroup(server.binary, serverArguments(dir, port), {
    env: { ...process.env, ...server.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(path.join(dir, 'redis.log'), { flags: 'a' });
  child.stdout.pipe(log);
  child.stderr.pipe(log, { end: false });
  return serverReady(child, {
    streams: [child.stdout, child.stderr],
    says: 'Ready to accept connections',
    withinMs: START_TIMEOUT_MS,
  });
}

async function running(child, dir, port) {
  const note = path.join(dir, 'server.json');
  await writeFile(note, JSON.stringify({ pid: child.pid, port }));
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    child,
    stop: async () => {
      await stopGroup(child, STOP_GRACE_MS);
      await rm(note, { force: true });
    },
  };
}

/**
 * Two servers on one append-only file would destroy it. A server that an earlier start left here is
 * asked to end first.
 */
async function endForerunner(dir) {
  const note = await readFile(path.join(dir, 'server.json'), 'utf8').catch(absent);
  if (note === undefined) return;
  const { pid, port } = JSON.parse(note);
  if (!(await isRedis(pid, port))) return;
  signalProcess(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_GRACE_MS;
  while (await isRedis(pid, port)) {
    if (Date.now() > deadline) {
      throw new Refusal(`a Redis server (process ${pid}) still uses ${dir} and does not stop`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A process number can have passed to another program since: only one that looks like Redis counts. */
async function isRedis(pid, port) {
  const command = await commandOf(pid);
  if (command !== undefined) return command.includes(`:${port}`);
  return signalProcess(pid, 0) && (await pingProblem(`redis://127.0.0.1:${port}`, 1_000)) === undefined;
}

function absent(error) {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}
