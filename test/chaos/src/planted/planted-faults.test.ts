import { INVARIANT_NUMBERS, type Invariant } from '@phi/core';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { define, failWith } from '../../../conformance/testing/engine-fixture.js';
import { checkAll } from '../checks/check-all.js';
import type { Dump } from '../witness/dump.js';
import { DUMP_FAULTS } from './dump-faults.js';
import { LUA_FAULTS, type LuaFault } from './lua-faults.js';
import { plant } from './plant.js';
import { SmallWorld } from './small-world.js';

const closing: (() => Promise<void> | void)[] = [];
async function closeAll(): Promise<void> {
  for (const close of closing.splice(0).toReversed()) await close();
}
afterEach(closeAll);

async function dumpOf(
  { jobs, limits = {}, workload }: Pick<LuaFault, 'jobs' | 'limits' | 'workload'>,
  scripts?: URL,
): Promise<Dump> {
  const world = new SmallWorld(jobs, limits, scripts);
  closing.push(() => world.close());
  await world.start();
  await workload(world);
  return world.dump();
}

const broken = (dump: Dump): readonly Invariant[] => checkAll(dump).map(({ invariant }) => invariant);

describe('planted in the scripts', () => {
  it.each(LUA_FAULTS)('$name: invariant $invariant is found broken', async (fault) => {
    const planted = plant(fault.replacement);
    closing.push(() => planted.remove());
    expect(broken(await dumpOf(fault, planted.directory))).toContain(fault.invariant);
  });

  it.each(LUA_FAULTS)('without it, nothing is found in the same workload ($name)', async (fault) => {
    expect(checkAll(await dumpOf(fault))).toEqual([]);
  });
});

describe('planted in what the witnesses have', () => {
  const SOUND = {
    jobs: [
      define('a', { retry_policy: { max_attempts: 3, initial_delay_seconds: 0 } }),
      define('b', { after: ['a'] }),
    ],
    async workload(world: SmallWorld): Promise<void> {
      const id = await world.trigger('a', 'key');
      world.pass();
      await world.run(id, async (_attempt, saveCounter) => {
        await saveCounter(1);
        await saveCounter(2);
        return failWith('EXEC_018_CONNECTION_FAILED');
      });
      await world.runAll();
    },
  };

  let sound: Dump;
  beforeAll(async () => {
    sound = await dumpOf(SOUND);
    await closeAll();
  });

  it('without one, nothing is found', () => {
    expect(checkAll(sound)).toEqual([]);
  });

  it.each(DUMP_FAULTS)('$name: invariant $invariant is found broken', ({ invariant, plantIn }) => {
    expect(broken(plantIn(sound))).toContain(invariant);
  });
});

it('every invariant has a fault that breaks it', () => {
  const covered = new Set([...LUA_FAULTS, ...DUMP_FAULTS].map(({ invariant }) => invariant));
  expect([...covered].toSorted((a, b) => a - b)).toEqual([...INVARIANT_NUMBERS]);
});
