import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Refusal, step } from '../console/progress.mjs';
import { root } from '../paths.mjs';
import { run } from '../process/run.mjs';
import { pnpmFolder, withPnpm } from './pnpm.mjs';

const STAMP = path.join(root, 'node_modules', '.phi-installed');
const LOG = path.join(root, '.phi', 'logs', 'install.log');

/**
 * Installs the dependencies that the lockfile names; nothing to do when they are there.
 *
 * @returns {Promise<NodeJS.ProcessEnv>} the environment in which `pnpm` and `turbo` are found
 * @throws {Refusal} the installation failed; its message carries the tail of the log
 */
export async function install() {
  const wanted = await fingerprint();
  if (wanted === (await readFile(STAMP, 'utf8').catch(() => undefined)) && installedIsThere()) {
    return withPnpm(await pnpmFolder(() => undefined));
  }
  return step('Installing dependencies', async (update) => {
    const env = withPnpm(await pnpmFolder(update));
    await mkdir(path.dirname(LOG), { recursive: true });
    const { code, tail } = await run(
      'pnpm',
      ['install', '--frozen-lockfile', '--reporter=append-only'],
      // Without CI, pnpm asks on the terminal before it replaces a node_modules of another make.
      { cwd: root, env: { ...env, CI: 'true' }, logFile: LOG, onLine: update },
    );
    if (code !== 0) {
      throw new Refusal(`the dependencies could not be installed; the whole log is in ${LOG}`, tail);
    }
    await writeFile(STAMP, wanted);
    return env;
  });
}

function installedIsThere() {
  return ['jest', 'turbo', 'tsc'].every((name) => existsSync(path.join(root, 'node_modules', '.bin', name)));
}

/** Everything that decides what is installed. */
async function fingerprint() {
  const hash = createHash('sha256');
  hash.update(`${process.platform} ${process.arch} ${process.versions.modules}\n`);
  for (const file of await manifests()) {
    hash.update(`${file}\n`);
    hash.update(await readFile(path.join(root, file)));
  }
  return hash.digest('hex');
}

/** The package.json of every package that pnpm-workspace.yaml names. */
async function manifests() {
  const workspace = await readFile(path.join(root, 'pnpm-workspace.yaml'), 'utf8');
  const list = /^packages:\n((?: +- .*\n)+)/mu.exec(workspace)?.[1] ?? '';
  const patterns = [...list.matchAll(/- ['"]?([^'"\n]+)/gu)].map((match) => match[1].trim());
  const folders = ['.'];
  for (const pattern of patterns) {
    if (!pattern.endsWith('/*')) {
      folders.push(pattern);
      continue;
    }
    const group = pattern.slice(0, -2);
    const names = await readdir(path.join(root, group));
    folders.push(...names.sort().map((name) => `${group}/${name}`));
  }
  return [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...folders.map((folder) => `${folder}/package.json`),
  ].filter((file) => existsSync(path.join(root, file)));
}
