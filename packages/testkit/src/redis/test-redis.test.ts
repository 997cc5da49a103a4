import { afterEach, expect, it } from '@jest/globals';

import { testRedis } from './test-redis.js';

const mine = testRedis('mine');
const theirs = testRedis('theirs');

afterEach(async () => {
  await mine.cleanup();
  await theirs.cleanup();
});

it('gives every test a namespace of its own', () => {
  expect(mine.namespace).toMatch(/^mine-[0-9a-f]{12}$/u);
  expect(testRedis('mine').namespace).not.toBe(mine.namespace);
});

it('removes the keys of its namespace and no others', async () => {
  await mine.connect().set(`phi:{${mine.namespace}}:a`, '1');
  await theirs.connect().set(`phi:{${theirs.namespace}}:a`, '1');
  await expect(mine.keys()).resolves.toEqual([`phi:{${mine.namespace}}:a`]);

  await mine.cleanup();

  await expect(mine.keys()).resolves.toEqual([]);
  await expect(theirs.keys()).resolves.toHaveLength(1);
});
