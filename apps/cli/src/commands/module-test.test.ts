import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ProcessFixture } from '@phi/testkit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { runPhi, type Ended } from '../testing/run-phi.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const HANDLERS = fileURLToPath(
  new URL('../../../../packages/modules/fixtures/test-modules.mjs', import.meta.url),
);

interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly checks: readonly { readonly name: string; readonly status: string; readonly message?: string }[];
}

const notPassed = (stdout: string): unknown =>
  (JSON.parse(stdout) as Report).checks
    .filter(({ status }) => status !== 'PASSED')
    .map(({ name, status, message }) => [name, status, message]);

describe('phi module-test', () => {
  const processes = new ProcessFixture();
  let directory: string;
  let url: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'phi-module-test-'));
    const handlers = ['CHECKPOINTED', 'WAIT'].flatMap((name) => ['--handler', `${name}=${HANDLERS}`]);
    const server = await processes.node(MAIN, ['serve-modules', '--port', '0', ...handlers], {
      env: { PHI_DATA_DIR: directory, PHI_MODULES_TOKEN: 'secret' },
    });
    ({ url } = JSON.parse(await server.output.waitFor('"ready"')) as { readonly url: string });
  });
  afterAll(async () => {
    await processes.killAll();
    await rm(directory, { recursive: true, force: true });
  });

  const test = (...args: string[]): Promise<Ended> => runPhi(['module-test', ...args], { cwd: directory });

  it('passes the built-in modules as they are served, without being told what they do', async () => {
    const { status, stdout } = await test(url, '--token', 'secret', '-o', 'json');
    expect(notPassed(stdout)).toEqual([['takes-checkpoint-back', 'SKIPPED', 'the job left no checkpoint']]);
    expect(status).toBe(0);
  });

  it('passes a module of somebody’s own with the work it is told of', async () => {
    const quick = join(directory, 'quick.yaml');
    const slow = join(directory, 'slow.json');
    await writeFile(quick, 'type: GENERIC\nstage: CHECKPOINTED\nparameters: {}\n');
    await writeFile(slow, JSON.stringify({ type: 'GENERIC', stage: 'WAIT', parameters: {} }));
    const args = ['--request', 'quick.yaml', '--slow-request', 'slow.json', '--token', 'secret'];
    const { status, stdout } = await test(url, ...args, '-o', 'json');
    expect(notPassed(stdout)).toEqual([['progress-grows', 'SKIPPED', 'it told of no progress']]);
    expect(status).toBe(0);
  });

  it('fails one that does not keep the contract, and says where', async () => {
    const server = createServer((_, response) => response.writeHead(200).end('{}'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const wrong = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
    try {
      const { status, stdout } = await test(wrong, '--only', 'describes-itself', 'accepts');
      expect(stdout).toMatch(/describes-itself FAILED: GET \/v1\/module answered 200, but not as/);
      expect(stdout).toContain('0 passed, 2 failed, 0 skipped');
      expect(status).toBe(1);
    } finally {
      server.close();
    }
  });

  it('lists its checks, each with its place in the contract', async () => {
    const { status, stdout } = await test('--list', '-o', 'json');
    const { items } = JSON.parse(stdout) as { items: { name: string; says: string; cites: string }[] };
    expect(items.length).toBeGreaterThan(20);
    for (const { says, cites } of items) expect([says, cites]).not.toContain('');
    expect(status).toBe(0);
  });

  it.each([
    [[], 'url is required'],
    [['ftp://x'], 'Accepted: http://host:port'],
    [['http://127.0.0.1:9', '--only', 'nothing'], 'there is no check nothing; accepted: describes-itself'],
    [['http://127.0.0.1:9', '--request', 'nowhere.yaml'], 'cannot be read (ENOENT)'],
    [['http://127.0.0.1:9', '--request', 'wrong.yaml'], 'wrong.yaml: type: '],
    [['http://127.0.0.1:9', '--callback-url', 'http://me'], '--callback-port'],
  ])('does not begin with %j', async (args, said) => {
    await writeFile(join(directory, 'wrong.yaml'), 'type: ODD\nparameters: {}\n');
    const { status, stderr } = await test(...args);
    expect(stderr).toContain(said);
    expect(status).toBe(2);
  });
});
