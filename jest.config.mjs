// One project for each package and app (tests beside the code) and one for each folder of test/.
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url));

/** Chains of whole processes run in these. */
const SLOW = new Set(['e2e', 'chaos', 'toolchain']);

const folders = ['packages', 'apps', 'test'].flatMap((group) =>
  readdirSync(path.join(root, group), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !['node_modules', 'bench'].includes(entry.name))
    .map((entry) => ({ name: entry.name, dir: `${group}/${entry.name}` })),
);

/** @type {import('jest').Config} */
const config = {
  globalSetup: './scripts/jest/provide-servers.mjs',
  globalTeardown: './scripts/jest/stop-servers.mjs',
  // Ends what hangs; a busy machine takes several times as long as a free one.
  testTimeout: 120_000,
  // A worker ends when nothing is left to wait for: a connection that was closed after its server is let go of after two seconds.
  workerGracefulExitTimeout: 10_000,
  projects: folders.map(({ name, dir }) => ({
    displayName: dir,
    rootDir: root,
    roots: [existsSync(path.join(root, dir, 'src')) ? `<rootDir>/${dir}/src` : `<rootDir>/${dir}`],
    testMatch: ['**/*.test.ts'],
    testEnvironment: 'node',
    setupFilesAfterEnv: SLOW.has(name) ? ['<rootDir>/scripts/jest/slow.mjs'] : [],
    extensionsToTreatAsEsm: ['.ts'],
    resolver: '<rootDir>/scripts/jest/resolver.cjs',
    transform: {
      '\\.ts$': [
        '@swc/jest',
        {
          jsc: { target: 'es2022', parser: { syntax: 'typescript' } },
          module: { type: 'es6' },
          sourceMaps: 'inline',
        },
      ],
    },
    modulePathIgnorePatterns: ['<rootDir>/.*/dist/', '<rootDir>/.phi/'],
  })),
};

export default config;
