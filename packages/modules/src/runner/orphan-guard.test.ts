import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { processEnd } from '../../fixtures/process-end.mjs';

// Whole processes start in these, one from within another.
jest.setTimeout(120_000);

const PARENT = fileURLToPath(new URL('../../fixtures/orphaned-parent.mjs', import.meta.url));
const LONG_QUERY = 'SELECT sum(a.range * b.range % 7) AS s FROM range(1000000) a, range(1000000) b';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-orphan-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('a child whose parent was killed with SIGKILL', () => {
  it.each([
    ['a database query runs on other threads', 'BETA', { profile: { sql: LONG_QUERY }, inputs: {} }],
    ['a body spins on the main thread', 'SPIN', {}],
  ])('ends while %s', async (_name, stage, parameters) => {
    const parent = spawn(process.execPath, [PARENT, directory, stage, JSON.stringify(parameters)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(createInterface(parent.stdout), 'line')) as [string];
    const pid = Number(line);
    expect(pid).toBeGreaterThan(1);
    parent.kill('SIGKILL');
    await once(parent, 'exit');
    await processEnd(pid);
  });
});
