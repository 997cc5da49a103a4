import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, jest } from '@jest/globals';
import { processFamilies } from '../processes/process-families.js';
import type { ProcessFamilies, ProcessFamily } from '../processes/process-family.js';
import { RunnerChild } from './runner-child.js';

// Whole processes start in these.
jest.setTimeout(120_000);

/** What was started is gone only so long after it was killed, as where there is much of it; in milliseconds. */
const GONE_AFTER_MS = 2000;

/** Families that take their time to die. */
const reluctant = (families: ProcessFamilies): ProcessFamilies => ({
  found: (): ProcessFamily => {
    const family = families.found();
    const kill = family.kill.bind(family);
    return Object.assign(family, {
      kill: async (): Promise<void> => {
        await sleep(GONE_AFTER_MS);
        await kill();
      },
    });
  },
  look: () => {
    families.look();
  },
  rest: () => {
    families.rest();
  },
});

it('a child that was killed breaks no protocol, however long it takes until all it started is gone', async () => {
  const options = {
    entry: new URL('../../dist/runner/child-main.js', import.meta.url),
    env: { PATH: '/usr/bin:/bin' },
    execArgv: [],
    modules: {},
  };
  const child = new RunnerChild(options, reluctant(processFamilies()));
  const breaches: Error[] = [];
  child.listen(
    () => undefined,
    (error) => breaches.push(error),
  );
  expect(await child.ready).toBe(true);
  child.kill();
  expect(await child.exited).toEqual({ exit_code: null, signal: 'SIGKILL' });
  expect(breaches).toEqual([]);
});
