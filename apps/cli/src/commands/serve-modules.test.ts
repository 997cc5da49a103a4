import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ProcessFixture, type ProcessGroup, withDeadline } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { runPhi } from '../testing/run-phi.js';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const HANDLERS = fileURLToPath(
  new URL('../../../../packages/modules/fixtures/test-modules.mjs', import.meta.url),
);

interface Status {
  readonly ref: string;
  readonly state: string;
  readonly sequence: number;
  readonly outputs?: Readonly<Record<string, string>>;
  readonly progress?: unknown;
  readonly error?: unknown;
}

describe('phi serve-modules', () => {
  const processes = new ProcessFixture();
  let directory: string;
  let url: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'phi-serve-'));
  });
  afterEach(async () => {
    await processes.killAll();
    await rm(directory, { recursive: true, force: true });
  });

  async function serve(...args: string[]): Promise<ProcessGroup> {
    const handlers = ['WAIT', 'WHO_AM_I'].flatMap((name) => ['--handler', `${name}=${HANDLERS}`]);
    const server = await processes.node(MAIN, ['serve-modules', '--port', '0', ...handlers, ...args], {
      env: { PHI_DATA_DIR: directory },
    });
    const ready = JSON.parse(await server.output.waitFor('"ready"')) as { readonly url: string };
    url = ready.url;
    return server;
  }

  async function ask(path: string, init: RequestInit = {}): Promise<Status> {
    return (await (await fetch(`${url}${path}`, init)).json()) as Status;
  }

  function submit(stage: string): Promise<Status> {
    const context = {
      execution_id: 'e',
      chain_id: 'e',
      job_id: 'j',
      run_id: 'r',
      attempt_number: 1,
      fence: 1,
      stage,
    };
    return ask('/v1/jobs', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': `e/${stage}/1` },
      body: JSON.stringify({ type: 'GENERIC', parameters: {}, execution_context: context }),
    });
  }

  function until(ref: string, isWanted: (status: Status) => boolean): Promise<Status> {
    const look = async (): Promise<Status> => {
      for (;;) {
        const status = await ask(`/v1/jobs/${ref}`);
        if (isWanted(status)) return status;
      }
    };
    return withDeadline(look(), `job ${ref}`, 60_000);
  }

  it('knows after SIGKILL how each job ended, and which it does not know', async () => {
    const server = await serve();
    const ended = await submit('WHO_AM_I');
    const before = await until(ended.ref, ({ state }) => state === 'SUCCEEDED');
    const running = await submit('WAIT');
    const seen = await until(running.ref, ({ progress }) => progress !== undefined);
    await server.kill();

    await serve();
    expect(await ask(`/v1/jobs/${ended.ref}`)).toEqual(before);
    const interrupted = await ask(`/v1/jobs/${running.ref}`);
    expect(interrupted).toMatchObject({
      state: 'FAILED',
      error: { code: 'SERVER_RESTARTED', category: 'TRANSIENT' },
    });
    expect(interrupted.sequence).toBeGreaterThan(seen.sequence);
    // Accepted once is accepted for good.
    expect(await submit('WAIT')).toMatchObject({ ref: running.ref });
  });

  it('stops in order on SIGTERM, and says what became of what ran', async () => {
    const server = await serve('--grace-seconds', '0');
    const { ref } = await submit('WAIT');
    await until(ref, ({ progress }) => progress !== undefined);
    server.signal('SIGTERM');
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(JSON.parse(server.output.all.at(-1) ?? '')).toMatchObject({
      msg: 'stopped',
      finished: 0,
      aborted: 1,
    });
  });

  it.each([
    [['--host', '0.0.0.0'], 'PHI_MODULES_TOKEN is not set'],
    [['--modules', 'DELTA'], 'There is no module DELTA. Accepted: ALPHA, BETA, GAMMA'],
    [['--handler', 'x'], 'Accepted: NAME=path'],
    [['--handler', 'X=nowhere.mjs'], 'nowhere.mjs is not there'],
  ])('refuses %j', async (args, said) => {
    const { status, stderr } = await runPhi(['serve-modules', ...args], { cwd: directory });
    expect(stderr).toContain(said);
    expect(status).toBe(2);
  });
});
