// npm run chaos: Phi under faults, on a Redis of this run's own, and what the witnesses say of it afterwards.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { prepare } from './bootstrap/prepare.mjs';
import { runMain, step } from './console/progress.mjs';
import { root } from './paths.mjs';
import { runHere } from './process/run.mjs';
import { provideTestRedis } from './redis/provide-for-tests.mjs';

/** The test sources are not built: they run through what modules in TypeScript are loaded by. */
const loader = path.join(root, 'packages/modules/dist/runner/typescript-register.js');
const main = path.join(root, 'test/chaos/src/main.ts');

await runMain(async () => {
  const env = await prepare();
  const redis = await step('Providing Redis', provideTestRedis);
  try {
    const args = ['--import', pathToFileURL(loader).href, main, ...process.argv.slice(2)];
    return await runHere(process.execPath, args, { cwd: root, env: { ...env, ...redis.env } });
  } finally {
    await redis.stop();
  }
});
