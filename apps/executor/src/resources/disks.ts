import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The share in use of the fullest of the file systems that some directories are on, as a user without privileges sees it.
 *
 * @param directories - absolute; one that is not there yet counts as where it would be made
 * @returns 0-1; undefined where none of them tells
 */
export async function measureDisks(directories: readonly string[]): Promise<number | undefined> {
  const shares = await Promise.all(directories.map(measureDisk));
  const known = shares.filter((share) => share !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

async function measureDisk(directory: string): Promise<number | undefined> {
  const { blocks, bfree, bavail } = await statfs(directory).catch(() => ({ blocks: 0, bfree: 0, bavail: 0 }));
  const used = blocks - bfree;
  if (used + bavail > 0) return used / (used + bavail);
  const parent = dirname(directory);
  return parent === directory ? undefined : measureDisk(parent);
}
