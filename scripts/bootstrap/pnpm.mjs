import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { cacheDir, root } from '../paths.mjs';
import { findProgram } from '../process/find-program.mjs';
import { run } from '../process/run.mjs';

/**
 * The folder of the pnpm that package.json asks for, fetched through npx the first time. Nothing is
 * installed globally.
 *
 * @param {(detail: string) => void} update
 * @throws {Refusal} npm cannot fetch it
 */
export async function pnpmFolder(update) {
  const { packageManager } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const note = path.join(cacheDir, `${packageManager}.txt`);
  const known = await readFile(note, 'utf8').catch(() => '');
  if (known !== '' && existsSync(path.join(known, 'pnpm'))) return known;
  update(`fetching ${packageManager}`);
  // npx puts what it fetched first on the PATH of what it runs: the program says where that is.
  const { code, output, tail } = await run(
    'npx',
    ['--yes', '--package', packageManager, '--', 'node', '-p', 'process.env.PATH'],
    { cwd: root, env: quietNpm() },
  );
  const pnpm = output
    .trim()
    .split(path.delimiter)
    .filter((dir) => dir.includes('_npx'))
    .find((dir) => findProgram('pnpm', dir));
  if (code !== 0 || pnpm === undefined) {
    throw new Refusal(`npx could not fetch ${packageManager}`, tail);
  }
  await mkdir(cacheDir, { recursive: true });
  await writeFile(note, pnpm);
  return pnpm;
}

/** The environment in which `pnpm` and what it runs are found. */
export function withPnpm(folder, env = process.env) {
  const bin = path.join(root, 'node_modules', '.bin');
  return { ...env, PATH: [folder, bin, env.PATH ?? ''].join(path.delimiter) };
}

function quietNpm() {
  return { ...process.env, npm_config_update_notifier: 'false', npm_config_fund: 'false' };
}
