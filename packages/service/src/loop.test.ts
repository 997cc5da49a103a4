import type { Logger } from '@phi/telemetry';
import { afterEach, describe, expect, it } from '@jest/globals';

import { Loop, type LoopOptions } from './loop.js';

/** Keeps what a loop says. */
function recordingLog(): { readonly log: Logger; readonly said: string[] } {
  const said: string[] = [];
  const keep = (level: string) => (_about: unknown, text: string) => said.push(`${level}: ${text}`);
  return {
    log: { debug: () => undefined, info: keep('info'), warn: keep('warn') } as unknown as Logger,
    said,
  };
}

describe('Loop', () => {
  const loops: Loop[] = [];
  afterEach(() => Promise.all(loops.splice(0).map((loop) => loop.stop())));

  /** Runs a loop for so many rounds. @returns what it said until the last of them began */
  function rounds(
    count: number,
    round: (n: number) => Promise<number | undefined>,
    intervalMs = 1,
  ): Promise<string[]> {
    const { log, said } = recordingLog();
    return new Promise((resolve) => {
      let n = 0;
      const options: LoopOptions = {
        name: 'test',
        log,
        intervalMs,
        round: () => {
          n += 1;
          if (n === count) resolve([...said]);
          return round(n);
        },
      };
      loops.push(new Loop(options));
    });
  }

  it('begins at once and goes on', async () => {
    expect(await rounds(5, () => Promise.resolve(undefined))).toEqual([]);
  });

  it('says once that it fails, however long, and once that it works again', async () => {
    const failing = new Set([2, 3, 4, 7, 8]);
    const said = await rounds(12, (n) =>
      failing.has(n) ? Promise.reject(new Error('away')) : Promise.resolve(undefined),
    );
    expect(said).toEqual([
      'warn: failed; trying again',
      'info: works again',
      'warn: failed; trying again',
      'info: works again',
    ]);
  });

  it('leaves it to the connection to say that Redis is away', async () => {
    const said = await rounds(6, (n) => {
      if (n === 2) throw new Error('Connection is closed.');
      if (n === 3) throw new Error('LOADING Redis is loading the dataset in memory');
      if (n === 4) throw new Error('ERR a fault of ours');
      return Promise.resolve(undefined);
    });
    expect(said).toEqual(['warn: failed; trying again', 'info: works again']);
  });

  it('survives a round that throws before it promises anything', async () => {
    const said = await rounds(3, (n) => {
      if (n === 1) throw new Error('at once');
      return Promise.resolve(undefined);
    });
    expect(said).toEqual(['warn: failed; trying again', 'info: works again']);
  });

  it('goes by the round’s own time where that is sooner than its interval', async () => {
    await rounds(3, () => Promise.resolve(1), 3_600_000);
  });

  it('never waits longer than its interval', async () => {
    await rounds(3, () => Promise.resolve(3_600_000), 1);
  });

  it('stops when the round under way has ended, and begins no other', async () => {
    let begun = 0;
    let finish: () => void = () => undefined;
    const started = new Promise<void>((resolve) => {
      const { log } = recordingLog();
      const loop = new Loop({
        name: 'test',
        log,
        intervalMs: 0,
        round: () => {
          begun += 1;
          resolve();
          return new Promise((end) => (finish = () => end(0)));
        },
      });
      loops.push(loop);
    });
    await started;
    let stopped = false;
    const stopping = loops[0]?.stop().then(() => (stopped = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(stopped).toBe(false);
    finish();
    await stopping;
    // Another loop's rounds show that time has passed.
    await rounds(5, () => Promise.resolve(undefined));
    expect(begun).toBe(1);
  });
});
