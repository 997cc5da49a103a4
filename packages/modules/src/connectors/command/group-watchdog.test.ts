import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { processEnd } from '../../../fixtures/process-end.mjs';

// Whole processes start in these, one from within another.
jest.setTimeout(120_000);

const EXECUTOR = fileURLToPath(new URL('../../../fixtures/orphaned-executor.mjs', import.meta.url));

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-orphan-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

describe('programs whose executor was killed with SIGKILL', () => {
  it.each([
    ['run', undefined],
    ['are frozen', 'SIGSTOP' as const],
  ])('end with all they started while they %s', async (_name, before) => {
    const executor = spawn(process.execPath, [EXECUTOR, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [line] = (await once(createInterface(executor.stdout), 'line')) as [string];
    const pids = line.split(' ').map(Number);
    expect(pids).toHaveLength(2);
    if (before !== undefined) for (const pid of pids) process.kill(pid, before);
    executor.kill('SIGKILL');
    await once(executor, 'exit');
    await Promise.all(pids.map(processEnd));
  });
});
