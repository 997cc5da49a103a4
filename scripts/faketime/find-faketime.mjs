// libfaketime: a library that gives a process another wall clock. Only tests use it.
import { readdir } from 'node:fs/promises';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { isDebian } from '../debian/release.mjs';
import { unpackedPackage } from '../debian/unpacked-package.mjs';
import { run } from '../process/run.mjs';

const FILE = 'faketime/libfaketime.so.1';
const DAY_MS = 86_400_000;

const FAKETIME = {
  name: 'libfaketime',
  choices: [{ packages: ['libfaketime'], file: FILE }],
  problem: async ({ file }) => problemOf(file),
};

/**
 * The library, as installed on this machine or else of the distribution's package, unpacked below a cache directory.
 *
 * @param {object} options
 * @param {string} options.cacheDir
 * @param {(detail: string) => void} [options.update] told what is going on
 * @returns {Promise<{library: string} | {missing: string}>} `missing` says for a person why there is none
 */
export async function findFaketime({ cacheDir, update = () => undefined }) {
  const installed = await installedLibrary();
  if (installed !== undefined) return { library: installed };
  if (!(await isDebian())) return { missing: 'libfaketime is fetched on Debian and Ubuntu only' };
  try {
    const { file } = await unpackedPackage(FAKETIME, cacheDir, update);
    return { library: file };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { missing: error.message };
  }
}

async function installedLibrary() {
  const entries = await readdir('/usr/lib', { withFileTypes: true }).catch(() => []);
  const places = entries.filter((entry) => entry.isDirectory() && entry.name.includes('-linux-'));
  for (const { name } of places) {
    const file = path.join('/usr/lib', name, FILE);
    if ((await problemOf(file)) === undefined) return file;
  }
  return undefined;
}

/** Whether a Node.js under it is a day ahead. */
async function problemOf(file) {
  const env = { ...process.env, LD_PRELOAD: file, FAKETIME: '+1d' };
  const { output, tail } = await run(process.execPath, ['-p', 'Date.now()'], { env });
  const ahead = Number(output) - Date.now();
  return Math.abs(ahead - DAY_MS) < DAY_MS / 2 ? undefined : `it moves no clock: ${tail}`;
}
