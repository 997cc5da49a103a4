import { join } from 'node:path';

import { findControlGroups, readField, readNumber, type ControlGroups } from './control-groups.js';

/**
 * The share of memory in use: of the host's, or of the tightest control group's where that is fuller. What can be taken back from
 * caches at once counts as free.
 *
 * @param root - where `/` is; only tests have another
 * @returns 0-1; undefined where the system does not tell (other than Linux)
 */
export async function measureMemory(root = '/'): Promise<number | undefined> {
  const meminfo = join(root, 'proc/meminfo');
  const [total, available] = await Promise.all([
    readField(meminfo, 'MemTotal'),
    readField(meminfo, 'MemAvailable'),
  ]);
  if (total === undefined || available === undefined || total === 0) return undefined;
  const groups = await groupShares(await findControlGroups('memory', root), total * 1024);
  return Math.max((total - available) / total, ...groups);
}

const FILES = {
  1: { limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes', cache: 'total_inactive_file' },
  2: { limit: 'memory.max', used: 'memory.current', cache: 'inactive_file' },
} as const;

/** @param hostBytes - a limit beyond it is none */
async function groupShares({ version, directories }: ControlGroups, hostBytes: number): Promise<number[]> {
  const files = FILES[version];
  const shares = await Promise.all(
    directories.map(async (directory) => {
      const [limit, used, cache = 0] = await Promise.all([
        readNumber(join(directory, files.limit)),
        readNumber(join(directory, files.used)),
        readField(join(directory, 'memory.stat'), files.cache),
      ]);
      if (limit === undefined || used === undefined || limit <= 0 || limit > hostBytes) return [];
      return [Math.max(0, used - cache) / limit];
    }),
  );
  return shares.flat();
}
