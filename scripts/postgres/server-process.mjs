import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { chown, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { freePort } from '../process/free-port.mjs';
import { spawnGroup, stopGroup } from '../process/group.mjs';
import { run } from '../process/run.mjs';
import { serverReady } from '../process/server-ready.mjs';
import { runnableByUser, serverDirectory, serverUser } from './server-user.mjs';

const START_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 15_000;
const USER = 'phi';

/** Nothing of a test's server outlives the run: what makes a crash of the machine survivable only costs time. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  fsync: 'off',
  max_connections: '50',
  shared_buffers: '32MB',
  // Known without the files of time zones, which a small machine may not have.
  timezone: 'GMT',
  log_timezone: 'GMT',
};

/**
 * Starts a PostgreSQL of its own: a new cluster in a directory that goes away with it, on the loopback interface, behind a
 * password.
 *
 * @param {{binary: string, env: Record<string, string>}} server `initdb` is beside the binary
 * @returns {Promise<{url: string, stop(): Promise<void>}>} `url` names a superuser
 * @throws {Refusal} it does not start
 */
export async function startServer(server, update = () => undefined) {
  const dir = await serverDirectory();
  try {
    const runnable = await runnableByUser(server, dir);
    update('making a cluster');
    const password = await makeCluster(runnable, dir);
    return await startOn(runnable, dir, password);
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw error;
  }
}

async function makeCluster({ binary, env }, dir) {
  const password = randomBytes(18).toString('hex');
  const file = path.join(dir, 'password');
  await writeFile(file, password, { mode: 0o600 });
  const { uid, gid } = serverUser();
  if (uid !== undefined) await chown(file, uid, gid);
  const { code, tail } = await run(
    path.join(path.dirname(binary), 'initdb'),
    [
      '--pgdata',
      path.join(dir, 'data'),
      '--username',
      USER,
      '--pwfile',
      file,
      '--auth',
      'scram-sha-256',
      '--encoding',
      'UTF8',
      '--locale',
      'C',
      '--no-sync',
    ],
    { uid, gid, cwd: dir, env: { ...process.env, ...env } },
  );
  await rm(file);
  if (code !== 0) throw new Refusal('PostgreSQL could not make a cluster (initdb)', tail);
  return password;
}

async function startOn(server, dir, password) {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    const outcome = await launch(server, dir, port);
    if (outcome.child !== undefined) return running(outcome.child, dir, port, password);
    // Someone else took the port between our look and the server's: look again.
    if (attempt === 5 || !/Address already in use/iu.test(outcome.tail)) {
      throw new Refusal(`PostgreSQL (${server.binary}) did not start in ${dir}`, outcome.tail);
    }
  }
}

function launch({ binary, env }, dir, port) {
  const settings = Object.entries({ ...SETTINGS, port }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const child = spawnGroup(binary, ['-D', path.join(dir, 'data'), ...settings], {
    ...serverUser(),
    cwd: dir,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  child.stderr.pipe(createWriteStream(path.join(dir, 'postgres.log'), { flags: 'a' }));
  return serverReady(child, {
    streams: [child.stderr],
    says: 'ready to accept connections',
    withinMs: START_TIMEOUT_MS,
  });
}

function running(child, dir, port, password) {
  return {
    url: `postgres://${USER}:${password}@127.0.0.1:${port}/postgres`,
    stop: async () => {
      // Does not wait for who is still connected, as SIGTERM would.
      child.kill('SIGINT');
      await stopGroup(child, STOP_GRACE_MS);
      // What it started ends a moment after it.
      await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
