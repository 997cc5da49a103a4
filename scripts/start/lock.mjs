import { mkdir, open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';

import { Refusal } from '../console/progress.mjs';
import { commandOf, signalProcess } from '../process/by-number.mjs';

/**
 * Keeps a second instance off a data directory that one works in.
 *
 * @param {string} dataDir
 * @returns {Promise<() => Promise<void>>} gives it back
 * @throws {Refusal} another instance has it
 */
export async function lockDataDir(dataDir) {
  const file = path.join(dataDir, 'start.pid');
  await mkdir(dataDir, { recursive: true });
  for (;;) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => '0'));
    if (await isStart(owner)) {
      throw new Refusal(
        `Phi already runs on ${dataDir} (process ${owner}); stop it, or set PHI_DATA_DIR and PHI_API_PORT`,
      );
    }
    // Its owner died without giving it back.
    await rm(file, { force: true });
  }
}

/** A process number can have passed to another program since. */
async function isStart(pid) {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  const command = await commandOf(pid);
  return command === undefined ? signalProcess(pid, 0) : /(start|dev)\.mjs/u.test(command);
}
