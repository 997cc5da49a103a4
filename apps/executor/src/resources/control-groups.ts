import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The control groups of a controller that this process is in, as directories, the innermost first. */
export interface ControlGroups {
  readonly version: 1 | 2;
  readonly directories: readonly string[];
}

/**
 * Looks up the control groups that may limit this process: a container's is its own, or one above it.
 *
 * @param controller - of version 1; version 2 has one hierarchy for all
 * @param root - where `/` is; only tests have another
 */
export async function findControlGroups(controller: string, root: string): Promise<ControlGroups> {
  const text = (await readText(join(root, 'proc/self/cgroup'))) ?? '';
  const lines = text.split('\n').map((line) => line.split(':'));
  const own = lines.find(([, controllers]) => controllers?.split(',').includes(controller));
  if (own !== undefined) {
    const [, controllers = '', ...path] = own;
    return { version: 1, directories: upwards(join(root, 'sys/fs/cgroup', controllers), path.join(':')) };
  }
  const unified = lines.find(([number, controllers]) => number === '0' && controllers === '');
  const path = unified?.slice(2).join(':') ?? '/';
  return { version: 2, directories: upwards(join(root, 'sys/fs/cgroup'), path) };
}

/** A container may see its own group as the root, under the path that it has outside: what is not there is passed over. */
function upwards(mount: string, path: string): string[] {
  const directories: string[] = [];
  for (let current = join(mount, path); current.length > mount.length; current = dirname(current))
    directories.push(current.endsWith('/') ? current.slice(0, -1) : current);
  return [...new Set([...directories, mount])];
}

/** @returns undefined where there is no such file, or none that may be read */
export async function readText(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch(() => undefined);
}

/** A file that has a number; `max` and what is no number are undefined. */
export async function readNumber(path: string): Promise<number | undefined> {
  const text = (await readText(path))?.trim() ?? '';
  return /^-?\d+$/.test(text) ? Number(text) : undefined;
}

/** The number beside a name in a file of lines, such as memory.stat. */
export async function readField(path: string, name: string): Promise<number | undefined> {
  const text = (await readText(path)) ?? '';
  const line = text.split('\n').find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}:`));
  const value = Number(
    line
      ?.slice(name.length + 1)
      .trim()
      .split(/\s+/)[0] ?? 'none',
  );
  return Number.isFinite(value) ? value : undefined;
}
