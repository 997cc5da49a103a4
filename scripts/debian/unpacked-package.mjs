// The distribution's own packages, unpacked below a cache directory: no root, nothing installed.
import { access, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { run } from '../process/run.mjs';
import { aptWithLists, missingLibraries, unpackInto } from './apt.mjs';
import { releaseName } from './release.mjs';

/**
 * @typedef {object} Wanted
 * @property {string} name names the directory in the cache, and what is wanted in messages
 * @property {{packages: string[], file: string}[]} choices tried in order; `file` as it is called within `usr/bin`
 *   or a directory of libraries
 * @property {RegExp} [without] libraries that are not needed, of those that the packages depend on
 * @property {(unpacked: Unpacked) => Promise<string | undefined>} problem why what was unpacked does not work here
 *
 * @typedef {object} Unpacked
 * @property {string} file
 * @property {Record<string, string>} env what a program needs to find the libraries that were unpacked with it
 */

/** Says what one choice came to. */
const NOTE = 'unpacked.json';

/**
 * A file of the distribution's packages, from the cache or fetched now.
 *
 * @param {Wanted} wanted
 * @param {string} cacheDir
 * @param {(detail: string) => void} update told what is going on
 * @returns {Promise<Unpacked>}
 * @throws {Refusal} it cannot be had, or does not work here
 */
export async function unpackedPackage(wanted, cacheDir, update) {
  const dir = path.join(cacheDir, `${wanted.name}-package-${await releaseName()}`);
  const known = await usableIn(dir, wanted);
  if (known !== undefined) return known;
  await mkdir(cacheDir, { recursive: true });
  const scratch = await mkdtemp(path.join(cacheDir, 'fetch-'));
  try {
    const tree = await fetchTree(wanted, scratch, update);
    await rename(tree, dir).catch(async () => {
      // Another start was faster; its tree is as good as ours, and in use.
      if ((await usableIn(dir, wanted)) !== undefined) return;
      await rm(dir, { recursive: true, force: true });
      await rename(tree, dir);
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const fetched = await usableIn(dir, wanted);
  if (fetched === undefined) throw new Refusal(`the unpacked package of ${wanted.name} does not work here`);
  return fetched;
}

async function fetchTree(wanted, scratch, update) {
  const apt = await aptWithLists(
    scratch,
    wanted.choices.map(({ packages }) => packages),
    update,
  );
  const problems = [];
  for (const [index, { packages, file }] of wanted.choices.entries()) {
    const tree = path.join(scratch, `tree-${index}`);
    await mkdir(tree);
    update(`fetching ${packages.join(', ')}`);
    const missing = await missingLibraries(apt, packages);
    const names = [...packages, ...missing.filter((name) => !wanted.without?.test(name))];
    const problem = (await unpackInto(tree, apt, names)) ?? (await problemIn(tree, file, wanted));
    if (problem === undefined) {
      await writeFile(path.join(tree, NOTE), JSON.stringify({ file, names }));
      return tree;
    }
    problems.push(`${packages[0]}: ${problem}`);
  }
  throw new Refusal(`the distribution package of ${wanted.name} could not be unpacked`, problems.join('\n'));
}

async function usableIn(dir, wanted) {
  const note = await readFile(path.join(dir, NOTE), 'utf8').catch(() => undefined);
  if (note === undefined) return undefined;
  const { file } = JSON.parse(note);
  return (await problemIn(dir, file, wanted)) === undefined ? locate(dir, file) : undefined;
}

async function problemIn(tree, file, wanted) {
  const unpacked = await locate(tree, file);
  if (unpacked === undefined) return `it has no ${file}`;
  const { output } = await run('ldd', [unpacked.file], { env: { ...process.env, ...unpacked.env } });
  const missing = output.split('\n').filter((line) => line.includes('not found'));
  if (missing.length > 0) return missing.map((line) => line.trim()).join('; ');
  return wanted.problem(unpacked);
}

async function locate(tree, file) {
  const libraries = await libraryDirectories(tree);
  for (const dir of [path.join(tree, 'usr/bin'), ...libraries]) {
    const found = path.join(dir, file);
    const isThere = await access(found).then(
      () => true,
      () => false,
    );
    if (isThere) return { file: found, env: { LD_LIBRARY_PATH: libraries.join(':') } };
  }
  return undefined;
}

async function libraryDirectories(tree) {
  const libraries = [];
  for (const base of ['usr/lib', 'lib']) {
    const entries = await readdir(path.join(tree, base), { withFileTypes: true }).catch(() => []);
    libraries.push(path.join(tree, base));
    for (const entry of entries) {
      if (entry.isDirectory() && entry.name.includes('-linux-')) {
        libraries.push(path.join(tree, base, entry.name));
      }
    }
  }
  return libraries;
}
