import { unpackedPackage } from '../debian/unpacked-package.mjs';
import { run } from '../process/run.mjs';

const REDIS = {
  name: 'redis',
  choices: [
    { packages: ['redis-server', 'redis-tools'], file: 'redis-server' },
    { packages: ['valkey-server', 'valkey-tools'], file: 'valkey-server' },
  ],
  problem: async ({ file, env }) => {
    const version = await run(file, ['--version'], { env: { ...process.env, ...env } });
    return version.code === 0 ? undefined : version.tail;
  },
};

/**
 * The distribution's own Redis, unpacked below a cache directory.
 *
 * @param {string} cacheDir
 * @param {(detail: string) => void} update told what is going on
 * @returns {Promise<{binary: string, env: Record<string, string>}>}
 */
export async function packagedServer(cacheDir, update) {
  const { file, env } = await unpackedPackage(REDIS, cacheDir, update);
  return { binary: file, env };
}
