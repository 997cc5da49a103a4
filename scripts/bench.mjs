// npm run bench: Phi beside raw BullMQ, on a Redis of this run's own unless REDIS_URL names one.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';

import { prepare } from './bootstrap/prepare.mjs';
import { runMain, step } from './console/progress.mjs';
import { cacheDir, root } from './paths.mjs';
import { runHere } from './process/run.mjs';
import { provideRedis } from './redis/provide.mjs';

await runMain(async () => {
  const env = await prepare();
  const base = path.join(root, '.phi', 'bench');
  await mkdir(base, { recursive: true });
  const dir = await mkdtemp(path.join(base, 'redis-'));
  const redis = await step('Providing Redis', (update) => provideRedis({ dir, cacheDir, update }));
  try {
    const args = ['test/bench/dist/main.js', ...process.argv.slice(2)];
    return await runHere(process.execPath, args, { cwd: root, env: { ...env, REDIS_URL: redis.url } });
  } finally {
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  }
});
