// apt without root: it downloads, and nothing is installed.
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { run } from '../process/run.mjs';

/**
 * apt with state of its own: the system's lists may be absent, old or unreadable. They are tried first,
 * because they cost nothing.
 *
 * @param {string} scratch where it works
 * @param {string[][]} choices sets of packages, one of which must be on its lists
 * @param {(detail: string) => void} update told what is going on
 * @returns {Promise<{options: string[], cwd: string}>} for the other functions here
 * @throws {Refusal} none of the choices can be downloaded
 */
export async function aptWithLists(scratch, choices, update) {
  const own = path.join(scratch, 'apt');
  await mkdir(path.join(own, 'cache/archives/partial'), { recursive: true });
  await mkdir(path.join(own, 'state/lists/partial'), { recursive: true });
  const cache = ['-o', `Dir::Cache=${own}/cache`, '-o', 'Debug::NoLocking=1'];
  const system = { options: cache, cwd: scratch };
  if (await canFetch(system, choices)) return system;
  const state = ['-o', `Dir::State=${own}/state`, '-o', 'Dir::State::status=/var/lib/dpkg/status'];
  const apt = { options: [...cache, ...state, '-o', 'APT::Sandbox::User='], cwd: scratch };
  update('reading the package lists');
  const result = await run('apt-get', [...apt.options, 'update'], { onLine: update });
  // One unreachable source among several fails the update; only what we need decides.
  if (await canFetch(apt, choices)) return apt;
  throw new Refusal('the package lists of this distribution could not be read', result.tail);
}

async function canFetch(apt, choices) {
  for (const packages of choices) {
    const dir = path.join(apt.cwd, 'probe');
    await mkdir(dir, { recursive: true });
    const { code } = await run('apt-get', [...apt.options, 'download', ...packages], { cwd: dir });
    await rm(dir, { recursive: true, force: true });
    if (code === 0) return true;
  }
  return false;
}

/**
 * Downloads packages and unpacks them into a directory.
 *
 * @returns {Promise<string | undefined>} why that could not be done
 */
export async function unpackInto(tree, apt, names) {
  const { code, tail } = await run('apt-get', [...apt.options, 'download', ...names], { cwd: apt.cwd });
  if (code !== 0) return tail;
  const archives = (await readdir(apt.cwd)).filter((name) => name.endsWith('.deb'));
  for (const archive of archives) {
    const file = path.join(apt.cwd, archive);
    const unpacked = await run('dpkg-deb', ['-x', file, tree]);
    if (unpacked.code !== 0) return unpacked.tail;
    await rm(file);
  }
  return undefined;
}

/** The libraries, of all that the packages depend on, which this machine does not have. */
export async function missingLibraries(apt, packages) {
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
  const have = new Set([...installed.output.split('\n'), ...packages.map((name) => `installed ${name}`)]);
  const candidates = [...new Set(all)].filter((name) => !have.has(`installed ${name}`));
  if (candidates.length === 0) return [];
  const { output: policies } = await run('apt-cache', [...apt.options, 'policy', ...candidates]);
  // Each section begins with the package's name at the margin.
  return policies
    .split(/^(?=\S)/mu)
    .filter((section) => /^\s+Candidate: (?!\(none\))\S/mu.test(section))
    .map((section) => section.slice(0, section.indexOf(':\n')));
}
