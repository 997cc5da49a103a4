import { watch } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';

/** What an editor writes in several steps is one change. */
const SETTLED_MS = 150;
const LEFT_OUT = new Set(['node_modules', 'dist']);

/**
 * Watches a directory and those below it, but for `node_modules`, `dist` and hidden ones.
 *
 * @param {string} root
 * @param {(files: string[]) => Promise<void>} onChange told what changed, relative to `root`; never called while it is at work
 * @returns {Promise<() => void>} ends the watch
 */
export async function watchTree(root, onChange) {
  const watchers = new Map();
  const changed = new Set();
  let timer;
  let isBusy = false;

  const settle = () => {
    clearTimeout(timer);
    timer = setTimeout(() => void work(), SETTLED_MS);
  };
  const work = async () => {
    if (isBusy) return;
    isBusy = true;
    const files = [...changed];
    changed.clear();
    await watchNewcomers();
    await onChange(files);
    isBusy = false;
    if (changed.size > 0) settle();
  };
  const watchNewcomers = async () => {
    for (const directory of await directoriesBelow(root)) {
      if (watchers.has(directory)) continue;
      const watcher = watch(directory, (_event, name) => {
        if (name === null) return;
        changed.add(path.relative(root, path.join(directory, name)));
        settle();
      });
      // A directory that is removed is watched no more.
      watcher.on('error', () => undefined).on('close', () => watchers.delete(directory));
      watchers.set(directory, watcher);
    }
  };

  await watchNewcomers();
  return () => {
    clearTimeout(timer);
    for (const watcher of watchers.values()) watcher.close();
  };
}

async function directoriesBelow(directory) {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const below = entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && !LEFT_OUT.has(entry.name))
    .map((entry) => directoriesBelow(path.join(directory, entry.name)));
  return [directory, ...(await Promise.all(below)).flat()];
}
