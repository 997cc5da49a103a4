// PostgreSQL refuses to run as root, for good reasons. Root runs it as somebody else instead.
import { chown, cp, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { run } from '../process/run.mjs';

/** `nobody` and its group, by the numbers that Linux distributions give them. */
const NOBODY = 65_534;

/** Whom a server runs as, for `spawn`: this user, or `nobody` where this user is root. */
export function serverUser() {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

/**
 * A directory of the server's user alone, outside the checkout: that may lie where only root gets in.
 *
 * @returns {Promise<string>}
 */
export async function serverDirectory() {
  const dir = await mkdtemp(path.join(tmpdir(), 'phi-postgres-'));
  const { uid, gid } = serverUser();
  if (uid !== undefined) await chown(dir, uid, gid);
  return dir;
}

/**
 * The program where the server's user can run it: where it is, or copied with all that was unpacked around it.
 *
 * @param {{binary: string, env: Record<string, string>}} server
 * @param {string} dir where a copy is made
 * @returns {Promise<{binary: string, env: Record<string, string>}>}
 * @throws {Refusal} it does not run as that user
 */
export async function runnableByUser(server, dir) {
  const probe = await versionOf(server, dir);
  if (probe.code === 0) return server;
  const [tree] = server.binary.split('/usr/lib/postgresql/');
  if (tree === '' || tree === server.binary) throw notRunnable(server, probe);
  const copy = path.join(dir, 'program');
  await cp(tree, copy, { recursive: true, verbatimSymlinks: true });
  const moved = (text) => text.replaceAll(tree, copy);
  const copied = {
    binary: moved(server.binary),
    env: Object.fromEntries(Object.entries(server.env).map(([name, value]) => [name, moved(value)])),
  };
  const second = await versionOf(copied, dir);
  if (second.code !== 0) throw notRunnable(copied, second);
  return copied;
}

function versionOf({ binary, env }, cwd) {
  return run(binary, ['--version'], { ...serverUser(), cwd, env: { ...process.env, ...env } });
}

function notRunnable({ binary }, { tail }) {
  return new Refusal(
    `${binary} does not run as ${serverUser().uid === undefined ? 'this user' : 'nobody'}`,
    tail,
  );
}
