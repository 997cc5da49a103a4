// The distribution's own Redis, unpacked below a cache directory: no root, nothing installed.
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { findProgram } from '../process/find-program.mjs';
import { run } from '../process/run.mjs';

const PACKAGES = [
  { packages: ['redis-server', 'redis-tools'], binary: 'redis-server' },
  { packages: ['valkey-server', 'valkey-tools'], binary: 'valkey-server' },
];

/** Whether this is a Debian or Ubuntu with its package tools. */
export async function isDebian() {
  if (process.platform !== 'linux') return false;
  if (!['apt-get', 'apt-cache', 'dpkg-deb', 'dpkg-query', 'ldd'].every((name) => findProgram(name))) {
    return false;
  }
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/mu.test(release);
}

/**
 * The unpacked server, from the cache or fetched now.
 *
 * @param {string} cacheDir
 * @param {(detail: string) => void} update told what is going on
 * @returns {Promise<{binary: string, env: Record<string, string>}>}
 */
export async function unpackedServer(cacheDir, update) {
  const dir = path.join(cacheDir, `redis-package-${await releaseName()}`);
  const known = await serverIn(dir);
  if (known !== undefined) return known;
  await mkdir(cacheDir, { recursive: true });
  const scratch = await mkdtemp(path.join(cacheDir, 'fetch-'));
  try {
    const tree = await fetchTree(scratch, update);
    await rm(dir, { recursive: true, force: true });
    await rename(tree, dir).catch(async (error) => {
      // Another start was faster; its tree is as good as ours.
      if ((await serverIn(dir)) === undefined) throw error;
    });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  const fetched = await serverIn(dir);
  if (fetched === undefined) throw new Refusal('the unpacked Redis package does not run here');
  return fetched;
}

async function fetchTree(scratch, update) {
  const apt = await aptWithLists(scratch, update);
  const problems = [];
  for (const { packages, binary } of PACKAGES) {
    const tree = path.join(scratch, binary);
    await mkdir(tree);
    update(`fetching ${packages.join(', ')}`);
    const names = [...packages, ...(await missingLibraries(apt, packages))];
    const problem = (await download(apt, names)) ?? (await unpack(scratch, tree));
    const unresolved = problem ?? (await unresolvedLibraries(tree, binary));
    if (unresolved === undefined) {
      await writeFile(path.join(tree, 'server.json'), JSON.stringify({ binary, names }));
      return tree;
    }
    problems.push(`${binary}: ${unresolved}`);
  }
  throw new Refusal('the distribution package of Redis could not be unpacked', problems.join('\n'));
}

/**
 * apt with state of its own: the system's lists may be absent, old or unreadable. They are tried first,
 * because they cost nothing.
 */
async function aptWithLists(scratch, update) {
  const own = path.join(scratch, 'apt');
  await mkdir(path.join(own, 'cache/archives/partial'), { recursive: true });
  await mkdir(path.join(own, 'state/lists/partial'), { recursive: true });
  const cache = ['-o', `Dir::Cache=${own}/cache`, '-o', 'Debug::NoLocking=1'];
  const system = { options: cache, cwd: scratch };
  if (await canFetch(system)) return system;
  const state = ['-o', `Dir::State=${own}/state`, '-o', 'Dir::State::status=/var/lib/dpkg/status'];
  const apt = { options: [...cache, ...state, '-o', 'APT::Sandbox::User='], cwd: scratch };
  update('reading the package lists');
  const result = await run('apt-get', [...apt.options, 'update'], { onLine: update });
  // One unreachable source among several fails the update; only what we need decides.
  if (await canFetch(apt)) return apt;
  throw new Refusal('the package lists of this distribution could not be read', result.tail);
}

async function canFetch(apt) {
  for (const { packages } of PACKAGES) {
    const dir = path.join(apt.cwd, 'probe');
    await mkdir(dir, { recursive: true });
    const { code } = await run('apt-get', [...apt.options, 'download', ...packages], { cwd: dir });
    await rm(dir, { recursive: true, force: true });
    if (code === 0) return true;
  }
  return false;
}

async function download(apt, names) {
  const { code, tail } = await run('apt-get', [...apt.options, 'download', ...names], {
    cwd: apt.cwd,
  });
  return code === 0 ? undefined : tail;
}

async function unpack(scratch, tree) {
  const archives = (await readdir(scratch)).filter((name) => name.endsWith('.deb'));
  for (const archive of archives) {
    const file = path.join(scratch, archive);
    const { code, tail } = await run('dpkg-deb', ['-x', file, tree]);
    if (code !== 0) return tail;
    await rm(file);
  }
  return undefined;
}

/** The libraries, of all that the packages depend on, which this machine does not have. */
async function missingLibraries(apt, packages) {
  const only = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'];
  const { output } = await run('apt-cache', [
    ...apt.options,
    'depends',
    '--recurse',
    ...only.map((kind) => `--no-${kind}`),
    ...packages,
  ]);
  const all = output.split('\n').filter((line) => /^(lib|lua)[a-z0-9.+-]+(:\w+)?$/u.test(line));
  const installed = await run('dpkg-query', ['-W', '-f', '${db:Status-Status} ${Package}\n']);
  const have = new Set(installed.output.split('\n'));
  const candidates = [...new Set(all)].filter((name) => !have.has(`installed ${name}`));
  if (candidates.length === 0) return [];
  const { output: policies } = await run('apt-cache', [...apt.options, 'policy', ...candidates]);
  // Each section begins with the package's name at the margin.
  return policies
    .split(/^(?=\S)/mu)
    .filter((section) => /^\s+Candidate: (?!\(none\))\S/mu.test(section))
    .map((section) => section.slice(0, section.indexOf(':\n')));
}

async function unresolvedLibraries(tree, binary) {
  const server = await describe(tree, binary);
  const { output } = await run('ldd', [server.binary], { env: { ...process.env, ...server.env } });
  const missing = output.split('\n').filter((line) => line.includes('not found'));
  if (missing.length > 0) return missing.map((line) => line.trim()).join('; ');
  const version = await run(server.binary, ['--version'], {
    env: { ...process.env, ...server.env },
  });
  return version.code === 0 ? undefined : version.tail;
}

async function serverIn(dir) {
  const note = await readFile(path.join(dir, 'server.json'), 'utf8').catch(() => undefined);
  if (note === undefined) return undefined;
  const { binary } = JSON.parse(note);
  return (await unresolvedLibraries(dir, binary)) === undefined ? describe(dir, binary) : undefined;
}

async function describe(tree, binary) {
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
  return {
    binary: path.join(tree, 'usr/bin', binary),
    env: { LD_LIBRARY_PATH: libraries.join(':') },
  };
}

async function releaseName() {
  const release = await readFile('/etc/os-release', 'utf8');
  const field = (name) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'mu').exec(release)?.[1] ?? '';
  return `${field('ID')}${field('VERSION_ID')}-${process.arch}`;
}
