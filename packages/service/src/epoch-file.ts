import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

import { parseSeenEpoch, type SeenEpoch } from '@phi/core';

/**
 * The highest epoch that services of a namespace have seen, outside Redis: below PHI_DATA_DIR, where those that share it share
 * this as well.
 */
export class EpochFile {
  private readonly path: string;

  constructor(
    private readonly dataDir: string,
    namespace: string,
  ) {
    this.path = join(dataDir, 'epochs', `${namespace}.json`);
  }

  /** @returns undefined where there is none, or none that can be read: it is only written whole */
  async read(): Promise<SeenEpoch | undefined> {
    return parseSeenEpoch(await readFile(this.path, 'utf8').catch(() => ''));
  }

  /** Another process may have written a little more or less: either is close enough. @throws Error it cannot be written */
  async write(seen: SeenEpoch): Promise<void> {
    await mkdir(join(this.dataDir, 'epochs'), { recursive: true });
    // Containers share the directory, and each has a process 1.
    const draft = `${this.path}.${hostname()}.${randomUUID()}`;
    try {
      await writeSynced(draft, JSON.stringify(seen));
      await rename(draft, this.path);
    } catch (error) {
      await rm(draft, { force: true }).catch(() => undefined);
      throw error;
    }
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}
