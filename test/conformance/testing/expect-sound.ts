import { fsck, type Services } from '@phi/engine';
import { expect } from '@jest/globals';

/** Nothing of the whole store contradicts itself, and nothing had to be repaired. */
export async function expectSound(services: Services): Promise<void> {
  expect((await fsck(services)).findings).toEqual([]);
  expect(await services.integrity.repairs()).toEqual(new Map());
}
