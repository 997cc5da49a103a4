import { mkdir, open, readFile, rename } from 'node:fs/promises';
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
    const draft = `${this.path}.${String(process.pid)}`;
    const file = await open(draft, 'w');
    try {
      await file.writeFile(JSON.stringify(seen));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, this.path);
  }
}
