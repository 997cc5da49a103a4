import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ProcessFixture } from '@phi/testkit';

// Each looks at every file of a checkout, in a process of its own.
jest.setTimeout(120_000);

const SCRIPT = path.resolve('scripts/checks/import-rules.mjs');

/** What must be refused: the rule, the file, and the import in it. */
const CANARIES: readonly (readonly [rule: string, file: string, source: string])[] = [
  ['no-circular', 'packages/core/src/chicken.ts', "export { egg } from './egg.js';"],
  ['no-unresolvable', 'packages/core/src/lost.ts', "export * from './nowhere.js';"],
  ['core-stands-alone', 'packages/core/src/above.ts', "export * from '@phi/engine';"],
  ['core-does-no-io', 'packages/core/src/reads.ts', "export { readFile } from 'node:fs';"],
  ['engine-imports-core-only', 'packages/engine/src/adapter.ts', "export * from '@phi/store';"],
  ['adapters-import-core-only', 'packages/store/src/sibling.ts', "export * from '@phi/queues';"],
  [
    'module-contract-tools-import-core-and-modules-only',
    'packages/module-server/src/redis.ts',
    "export * from '@phi/store';",
  ],
  [
    'module-contract-tools-are-for-apps',
    'packages/modules/src/serve.ts',
    "export * from '@phi/module-server';",
  ],
  ['adapters-are-wired-in-main', 'apps/cli/src/serve.ts', "export * from '@phi/module-server';"],
  ['client-imports-core-and-queues-only', 'packages/client/src/inside.ts', "export * from '@phi/engine';"],
  ['client-takes-types-of-core', 'packages/client/src/schemas.ts', "export * from '@phi/core';"],
  ['client-over-http-stands-alone', 'packages/client/src/send.ts', "export * from '@phi/queues';"],
  ['client-over-http-stands-alone', 'packages/client/src/both.ts', "export * from './queue.js';"],
  ['client-is-for-others', 'apps/api/src/ask.ts', "export * from '@phi/client';"],
  ['only-queues-imports-bullmq', 'packages/engine/src/delivery.ts', "export * from 'bullmq';"],
  ['only-queues-imports-bullmq', 'packages/client/src/add.ts', "export * from 'bullmq';"],
  ['only-api-imports-bull-board', 'apps/cli/src/board.ts', "export * from '@bull-board/api';"],
  ['only-store-imports-ioredis', 'apps/api/src/redis.ts', "export * from 'ioredis';"],
  ['only-store-imports-ioredis', 'packages/client/src/redis.ts', "export * from 'ioredis';"],
  ['only-store-imports-ioredis', 'packages/modules/src/beta/redis.ts', "export * from 'ioredis';"],
  ['adapters-are-wired-in-main', 'apps/api/src/routes.ts', "export * from '@phi/store';"],
  ['adapters-are-wired-in-main', 'apps/cli/src/modules.ts', "export * from '@phi/modules';"],
  ['no-app-imports-another', 'apps/cli/src/other.ts', "export * from '../../api/src/main.js';"],
  [
    'packages-do-not-import-apps',
    'packages/modules/src/app.ts',
    "export * from '../../../apps/api/src/main.js';",
  ],
  ['service-is-for-apps', 'packages/telemetry/src/shell.ts', "export * from '@phi/service';"],
  ['no-deep-imports', 'packages/engine/src/deep.ts', "export * from '../../core/src/egg.js';"],
  ['no-deep-imports-from-tests', 'test/e2e/deep.test.ts', "export * from '../../packages/core/src/egg.js';"],
  ['testkit-is-not-shipped', 'apps/api/src/fixture.ts', "export * from '@phi/testkit';"],
  ['testing-is-not-shipped', 'packages/store/src/prod.ts', "export * from './testing/fixture.js';"],
  ['no-undeclared-packages', 'packages/core/src/dev.ts', "export * from 'only-for-tests';"],
];

/** What looks alike and is allowed. */
const ALLOWED: readonly (readonly [file: string, source: string])[] = [
  ['packages/core/src/egg.ts', "export { chicken } from './chicken.js';"],
  ['packages/store/src/index.ts', "export * from '@phi/core'; export * from 'ioredis';"],
  ['packages/modules/src/epsilon/redis.ts', "export * from 'ioredis';"],
  ['packages/queues/src/index.ts', "export * from 'bullmq'; export type { Redis } from 'ioredis';"],
  ['packages/client/src/queue.ts', "export * from '@phi/queues'; export type * from '@phi/core';"],
  ['apps/cli/src/api.ts', "export * from '@phi/client';"],
  ['packages/module-test/src/index.ts', "export * from '@phi/modules';"],
  ['apps/cli/src/wiring/serve.ts', "export * from '@phi/module-server';"],
  ['apps/cli/src/test-module.ts', "export * from '@phi/module-test';"],
  ['packages/store/src/store.test.ts', "export * from '@phi/testkit'; export * from 'only-for-tests';"],
  ['packages/store/src/testing/fixture.ts', "export * from '@phi/testkit';"],
  ['apps/api/src/main.ts', "export * from '@phi/store'; export * from '@phi/service';"],
  ['apps/api/src/wiring/board.ts', "export * from '@phi/queues'; export * from '@bull-board/api';"],
  ['apps/cli/src/parameters.ts', "export * from '@phi/modules/parameters';"],
  ['apps/api/src/ports.ts', "export type * from '@phi/store';"],
  ['test/e2e/path.test.ts', "export * from '@phi/core'; export * from '@phi/testkit';"],
  ['test/e2e/client.test.ts', "export * from '@phi/client'; export * from '@phi/client/queue';"],
];

const PACKAGES = [
  'core',
  'client',
  'engine',
  'store',
  'queues',
  'modules',
  'module-server',
  'module-test',
  'telemetry',
  'testkit',
  'service',
];
const LIBRARIES = ['bullmq', 'ioredis', '@bull-board/api'];

const processes = new ProcessFixture();
let folder: string;
let lines: readonly string[];

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'phi-import-rules-'));
  await layOut();
  ({ lines } = await check(folder, '1'));
});

afterAll(async () => {
  await processes.killAll();
  await rm(folder, { recursive: true, force: true });
});

describe('the import rules', () => {
  it.each(CANARIES)('%s refuses %s', (rule, file) => {
    expect(lines).toContainEqual(expect.stringContaining(`${rule}: ${file} → `));
  });

  it.each(ALLOWED.filter(([file]) => !file.endsWith('egg.ts')))('allow %s', (file) => {
    expect(lines.filter((line) => line.includes(`: ${file} → `))).toEqual([]);
  });

  it('refuse a cruise that read no TypeScript', async () => {
    const { lines: said, code } = await check(folder, '1000');
    expect(said.at(-1)).toMatch(/^only \d+ modules were read, at least 1000 are expected$/u);
    expect(code).toBe(1);
  });

  it('hold in this checkout', async () => {
    const { lines: said, code } = await check(path.resolve('.'), '150');
    expect({ said: said.slice(0, -1), code }).toEqual({ said: [], code: 0 });
    expect(said.at(-1)).toMatch(/^\d+ modules, 0 violations$/u);
  });
});

async function check(dir: string, least: string): Promise<{ lines: readonly string[]; code: number | null }> {
  const script = await processes.node(SCRIPT, [dir, least]);
  const { code } = await script.ended;
  return { lines: script.output.all, code };
}

/** A checkout in miniature, with the same folders and a stand-in for each library. */
async function layOut(): Promise<void> {
  for (const name of [...PACKAGES.map((each) => `@phi/${each}`), ...LIBRARIES, 'only-for-tests']) {
    const isOurs = name.startsWith('@phi/');
    const dir = isOurs ? `packages/${name.slice('@phi/'.length)}` : `node_modules/${name}`;
    await write(`${dir}/package.json`, JSON.stringify(manifest(name)));
    for (const entry of ['index', 'queue', 'parameters'])
      await write(`${dir}/dist/${entry}.js`, 'export {};');
    if (isOurs) await link(dir, `node_modules/${name}`);
  }
  for (const app of ['api', 'cli']) await write(`apps/${app}/package.json`, JSON.stringify(manifest(app)));
  for (const [, file, source] of CANARIES) await write(file, source);
  for (const [file, source] of ALLOWED) await write(file, source);
}

function manifest(name: string): object {
  return {
    name,
    type: 'module',
    exports: {
      '.': './dist/index.js',
      './queue': './dist/queue.js',
      './parameters': './dist/parameters.js',
    },
    dependencies: Object.fromEntries(LIBRARIES.map((library) => [library, '1.0.0'])),
    devDependencies: { 'only-for-tests': '1.0.0' },
  };
}

async function link(to: string, at: string): Promise<void> {
  const target = path.join(folder, at);
  await mkdir(path.dirname(target), { recursive: true });
  await symlink(path.join(folder, to), target);
}

async function write(file: string, text: string): Promise<void> {
  const target = path.join(folder, file);
  await mkdir(path.dirname(target), { recursive: true });
  await writeFile(target, `${text}\n`);
}
