import { realpathSync } from 'node:fs';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { isDebian } from '../debian/release.mjs';
import { cacheDir } from '../paths.mjs';
import { findProgram } from '../process/find-program.mjs';
import { packagedServer } from './packaged-server.mjs';
import { startServer } from './server-process.mjs';

/**
 * A PostgreSQL for one run of the tests: `PHI_TEST_POSTGRES_URL`; else `postgres` and `initdb` from the PATH; else the
 * distribution's package, unpacked below the cache directory. Tests make databases of their own in it.
 *
 * @param {(detail: string) => void} [update]
 * @returns {Promise<{env: Record<string, string>, from: string, stop(): Promise<void>}>} `env` is what the test kit
 *   reads; where there is no PostgreSQL it says why, and the tests that need one are reported as not run
 */
export async function provideTestPostgres(update = () => undefined) {
  const given = process.env.PHI_TEST_POSTGRES_URL;
  if (given) return { env: { PHI_TEST_POSTGRES_URL: given }, from: 'PHI_TEST_POSTGRES_URL', stop: nothing };
  try {
    const { server, from } = await findServer(update);
    const started = await startServer(server, update);
    return { env: { PHI_TEST_POSTGRES_URL: started.url }, from, stop: () => started.stop() };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const missing = [error.message, ...(error.detail?.split('\n').slice(-1) ?? [])].join(': ');
    return { env: { PHI_TEST_POSTGRES_MISSING: missing }, from: `nowhere: ${missing}`, stop: nothing };
  }
}

/** @param {NodeJS.ProcessEnv} [env] */
export async function findServer(update, env = process.env) {
  const installed = serverOnPath(env.PATH);
  if (installed !== undefined) return { server: installed, from: installed.binary };
  if (!(await isDebian())) {
    throw new Refusal(
      'no PostgreSQL was found: set PHI_TEST_POSTGRES_URL, install postgres and initdb, or run this on Debian or Ubuntu',
    );
  }
  const server = await packagedServer(cacheDir, update);
  return { server, from: "the distribution's package, unpacked under .phi" };
}

/** Distributions link single programs of a version into the PATH; what belongs to them is beside what the link names. */
function serverOnPath(searchPath) {
  const found = findProgram('postgres', searchPath);
  if (found === undefined) return undefined;
  const binary = realpathSync(found);
  return findProgram('initdb', path.dirname(binary)) === undefined ? undefined : { binary, env: {} };
}

async function nothing() {
  // It is not ours to stop, or there is none.
}
