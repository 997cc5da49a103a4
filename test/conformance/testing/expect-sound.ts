import { INVARIANT_NUMBERS } from '@phi/core';
import { fsck, type Services } from '@phi/engine';
import { expect } from '@jest/globals';

import type { EngineFixture } from './engine-fixture.js';

/** What these tests admit, they deliver themselves, or not at all. */
const CHECKED = INVARIANT_NUMBERS.filter((invariant) => invariant !== 7);

/** Nothing of the whole store contradicts itself, and nothing had to be repaired. */
export async function expectSound(services: Services): Promise<void> {
  expect((await fsck(services, { invariants: CHECKED })).findings).toEqual([]);
  expect(await services.integrity.repairs()).toEqual(new Map());
}

/** Ends a test over a store that {@link expectSound} holds of; the fixture is closed whether it does or not. Meant for `afterEach`. */
export async function closeSound(fixture: EngineFixture): Promise<void> {
  try {
    await expectSound(fixture.services);
  } finally {
    await fixture.close();
  }
}
