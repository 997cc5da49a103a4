import { Refusal } from '../console/progress.mjs';
import { isDebian } from '../debian/release.mjs';
import { findProgram } from '../process/find-program.mjs';
import { dockerAnswers, startContainer } from './docker.mjs';
import { packagedServer } from './packaged-server.mjs';
import { pingProblem } from './ping.mjs';
import { startServer } from './server-process.mjs';

const CHOICES =
  'no Redis was found. Either set REDIS_URL to a running one, install redis-server (or valkey-server), ' +
  'start a Docker engine, or run this on Debian or Ubuntu with access to their packages';

/**
 * A Redis to work with: `REDIS_URL`; else `redis-server` or `valkey-server` from the PATH; else a
 * container; else the distribution's package, unpacked below the cache directory.
 *
 * @param {object} options
 * @param {string} options.dir where a server of ours keeps its data; a later call on it continues with it
 * @param {string} options.cacheDir where an unpacked package is kept
 * @param {NodeJS.ProcessEnv} [options.env]
 * @param {(detail: string) => void} [options.update] told what is going on
 * @returns {Promise<{url: string, from: string, isOurs: boolean, stop(): Promise<void>,
 *   server?: {binary: string, env: Record<string, string>}}>} `server` starts further ones, where a
 *   program of this machine was used; `isOurs`: `stop` ends it; `from` says for a person where it came from
 * @throws {Refusal} REDIS_URL does not answer, or there is nothing to use
 */
export async function provideRedis({ dir, cacheDir, env = process.env, update = () => undefined }) {
  if (env.REDIS_URL) return { ...(await fromUrl(env.REDIS_URL)), isOurs: false, stop: async () => undefined };
  const installed = serverOnPath(env);
  if (installed !== undefined) return startFrom(installed, dir, installed.binary);
  if (await dockerAnswers()) {
    update('starting a container');
    return { ...(await startContainer(dir)), isOurs: true, from: 'a Docker container' };
  }
  const unpacked = await serverOfPackage(cacheDir, update);
  return startFrom(unpacked, dir, "the distribution's package, unpacked under .phi");
}

/**
 * A Redis program of this machine to start private servers from, whatever `REDIS_URL` says.
 *
 * @returns {Promise<{binary: string, env: Record<string, string>} | undefined>}
 */
export async function findServer({ cacheDir, env = process.env, update = () => undefined }) {
  return serverOnPath(env) ?? ((await isDebian()) ? packagedServer(cacheDir, update) : undefined);
}

async function fromUrl(url) {
  const problem = await pingProblem(url);
  if (problem !== undefined) {
    throw new Refusal(`REDIS_URL (${withoutPassword(url)}) is not usable: ${problem}`);
  }
  return { url, from: 'REDIS_URL' };
}

function serverOnPath(env) {
  for (const name of ['redis-server', 'valkey-server']) {
    const binary = findProgram(name, env.PATH);
    if (binary !== undefined) return { binary, env: {} };
  }
  return undefined;
}

async function serverOfPackage(cacheDir, update) {
  if (!(await isDebian())) throw new Refusal(CHOICES);
  try {
    return await packagedServer(cacheDir, update);
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`${CHOICES} (${error.message})`, error.detail);
    throw error;
  }
}

async function startFrom(server, dir, from) {
  const started = await startServer(server, dir);
  return { url: started.url, from, isOurs: true, server, stop: () => started.stop() };
}

/** A Redis URL as it may be shown. */
export function withoutPassword(url) {
  return url.replace(/(:\/\/[^:@/]*):[^@/]*@/u, '$1:…@');
}
