import { unpackedPackage } from '../debian/unpacked-package.mjs';
import { run } from '../process/run.mjs';

/** Of Debian and Ubuntu releases that are still maintained. */
const VERSIONS = [18, 17, 16, 15, 14, 13];

const POSTGRES = {
  name: 'postgres',
  choices: VERSIONS.map((version) => ({
    packages: [`postgresql-${version}`],
    file: `postgresql/${version}/bin/postgres`,
  })),
  // What a server of tests never loads: just-in-time compilation, and the tools that make clusters.
  without: /^lib(llvm|perl|.*-perl)/u,
  problem: async ({ file, env }) => {
    const version = await run(file, ['--version'], { env: { ...process.env, ...env } });
    return version.code === 0 ? undefined : version.tail;
  },
};

/**
 * The distribution's own PostgreSQL, unpacked below a cache directory; `initdb` is beside it.
 *
 * @param {string} cacheDir
 * @param {(detail: string) => void} update told what is going on
 * @returns {Promise<{binary: string, env: Record<string, string>}>}
 */
export async function packagedServer(cacheDir, update) {
  const { file, env } = await unpackedPackage(POSTGRES, cacheDir, update);
  return { binary: file, env };
}
