import { ProcessFixture } from '@phi/testkit';
import { afterEach, expect, it } from '@jest/globals';

import type { Random } from '../random.js';
import type { World } from '../world.js';
import { bodyKilled } from './body-killed.js';

const processes = new ProcessFixture();
afterEach(() => processes.killAll());

it('a body that has ended before it is killed is no failure of the run', async () => {
  const gone = await processes.node('--version');
  await gone.ended;
  const executor = { pid: process.pid };
  const noted: string[] = [];
  const world = { of: () => [executor], journal: { note: (what: string) => noted.push(what) } };
  const chosen = [executor, { pid: gone.pid }];
  const random = { one: () => chosen.shift() };
  await bodyKilled.inject(world as unknown as World, random as unknown as Random);
  expect(noted).toEqual(['kill']);
});
