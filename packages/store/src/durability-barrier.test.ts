import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DEFAULT_CONFIG, type PhiConfig } from '@phi/core';
import { startRedisServer, type RedisServer } from '@phi/testkit';
import { Redis } from 'ioredis';

import { DurabilityBarrier } from './durability-barrier.js';

const ASKED_AT_ONCE = 50;
/** Longer than any of these tests may take. */
const LONG_MS = 60_000;
/** What none confirms takes as long as this; what is confirmed afterwards must not. */
const SHORT_MS = 4000;

describe('DurabilityBarrier', () => {
  let primary: RedisServer;
  let replica: RedisServer;
  let written: Redis;
  let barrier: DurabilityBarrier;
  let own: Redis;

  beforeEach(async () => {
    primary = await startRedisServer({ config: { 'repl-diskless-sync-delay': '0' } });
    replica = await startRedisServer({ config: { replicaof: `127.0.0.1 ${String(primary.port)}` } });
    written = new Redis(primary.url);
    await written.set('written', 'before');
    while ((await written.wait(1, 1000)) < 1);
    barrier = barrierWith({ DURABILITY: 'REPLICA' });
  });
  afterEach(async () => {
    barrier.close();
    written.disconnect();
    await replica.stop();
    await primary.stop();
  });

  const barrierWith = (config: Partial<PhiConfig>): DurabilityBarrier => {
    own = new Redis(primary.url);
    own.on('error', () => undefined);
    return new DurabilityBarrier(own, written, 'test', {
      ...DEFAULT_CONFIG,
      DURABILITY_TIMEOUT_MS: LONG_MS,
      ...config,
    });
  };

  it('confirms what a replica has', async () => {
    const begun = barrier.begin();
    await written.set('written', 'now');
    await barrier.confirm(begun);
    const reader = new Redis(replica.url);
    expect(await reader.get('written').finally(() => reader.disconnect())).toBe('now');
  });

  it('does not confirm what none has in time, and does again afterwards', async () => {
    barrier.close();
    barrier = barrierWith({ DURABILITY: 'REPLICA', DURABILITY_TIMEOUT_MS: SHORT_MS });
    replica.pause();
    await written.set('written', 'alone');
    await expect(barrier.confirm(barrier.begin())).rejects.toMatchObject({
      code: 'STATE_050_NOT_DURABLE',
      message: expect.stringContaining(`0 of 1 replicas had it after ${String(SHORT_MS)} ms`),
    });
    replica.resume();
    while ((await written.wait(1, 1000)) < 1);
    await barrier.confirm(barrier.begin());
  });

  it('waits once for all that ask while it waits', async () => {
    const waits = async (): Promise<number> =>
      Number(/cmdstat_wait:calls=(\d+)/.exec(await written.info('commandstats'))?.[1]);
    const before = await waits();
    await Promise.all(Array.from({ length: ASKED_AT_ONCE }, () => barrier.confirm(barrier.begin())));
    expect((await waits()) - before).toBe(2);
  });

  it('does not confirm what was written before a connection was lost: another server may answer now', async () => {
    const begun = barrier.begin();
    await written.set('written', 'then');
    const lost = new Promise((resolve) => written.once('close', resolve));
    await own.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await lost;
    await expect(barrier.confirm(begun)).rejects.toMatchObject({ code: 'STATE_050_NOT_DURABLE' });
    await barrier.confirm(barrier.begin());
  });

  it('waits for the disk, or does not confirm where the server cannot tell', async () => {
    barrier.close();
    barrier = barrierWith({ DURABILITY: 'LOCAL' });
    const asked = barrier.confirm(barrier.begin());
    const [known] = (await written.call('COMMAND', 'INFO', 'WAITAOF')) as unknown[];
    if (known === null) await expect(asked).rejects.toMatchObject({ code: 'STATE_050_NOT_DURABLE' });
    else await expect(asked).resolves.toBeUndefined();
  });
});
