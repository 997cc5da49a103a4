import { readdir } from 'node:fs/promises';

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { ProcessClock, ProcessFixture } from '@phi/testkit';

import { describeWithFaketime } from '../e2e/fixture/faketime.js';

const HOUR_MS = 3_600_000;
const NEAR_MS = 60_000;

/** Prints again and again what its wall clock and its monotonic clock show. */
const PROGRAM = `
  console.log('at', Date.now(), performance.now());
  setInterval(() => console.log('at', Date.now(), performance.now()), 20);
`;

/** What a process keeps in shared memory. */
async function sharedBy(pid: number): Promise<string[]> {
  return (await readdir('/dev/shm')).filter((name) => name.endsWith(`_${String(pid)}`));
}

describeWithFaketime('ProcessClock', (library) => {
  const processes = new ProcessFixture();
  let clock: ProcessClock;

  beforeEach(async () => {
    clock = await ProcessClock.create(library);
  });
  afterEach(async () => {
    await processes.killAll();
    await clock.remove();
  });

  /** Whether a printed line is so far from the real time. */
  const isAhead =
    (byMs: number) =>
    (line: string): boolean => {
      const [, wall] = line.split(' ').map(Number);
      return Math.abs((wall ?? NaN) - Date.now() - byMs) < NEAR_MS;
    };

  it('moves the wall clock of a process that runs, backwards too, and nothing that it measures', async () => {
    const { output } = await processes.start(process.execPath, ['-e', PROGRAM], { clock });
    const began = performance.now();
    for (const offset of [0, 24 * HOUR_MS, -HOUR_MS, 1500 * HOUR_MS, 0]) {
      await clock.set(offset);
      await output.waitFor(isAhead(offset), { from: output.all.length });
    }
    const measured = output.all.map((line) => Number(line.split(' ')[2]));
    expect(measured).toEqual(measured.toSorted((a, b) => a - b));
    expect((measured.at(-1) ?? NaN) - (measured[0] ?? NaN)).toBeLessThan(performance.now() - began + 1000);
  });

  it('shows a process that starts later the same time', async () => {
    await clock.set(-HOUR_MS);
    const { output } = await processes.start(process.execPath, ['-e', PROGRAM], { clock });
    expect(isAhead(-HOUR_MS)(await output.waitFor('at'))).toBe(true);
  });

  it('leaves nothing in shared memory, of a killed process neither', async () => {
    const one = await processes.start(process.execPath, ['-e', PROGRAM], { clock });
    await one.output.waitFor('at');
    expect(await sharedBy(one.pid)).not.toEqual([]);
    await one.kill();
    expect(await sharedBy(one.pid)).toEqual([]);
  });
});
