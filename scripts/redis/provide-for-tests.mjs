import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

import { cacheDir, root } from '../paths.mjs';
import { findServer, provideRedis } from './provide.mjs';

/**
 * A Redis for one run of the tests, with a directory that goes away with it.
 *
 * @param {(detail: string) => void} [update]
 * @returns {Promise<{env: Record<string, string>, from: string, stop(): Promise<void>}>} `env` is what
 *   the test kit reads
 */
export async function provideTestRedis(update = () => undefined) {
  const base = path.join(root, '.phi', 'tests');
  await mkdir(base, { recursive: true });
  const dir = await mkdtemp(path.join(base, 'redis-'));
  const redis = await provideRedis({ dir, cacheDir, update });
  const server = redis.server ?? (await findServer({ cacheDir, update }));
  return {
    from: redis.from,
    env: {
      PHI_TEST_REDIS_URL: redis.url,
      ...(server === undefined ? {} : { PHI_TEST_REDIS_SERVER: JSON.stringify(server) }),
    },
    stop: async () => {
      await redis.stop();
      await rm(dir, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
    },
  };
}
