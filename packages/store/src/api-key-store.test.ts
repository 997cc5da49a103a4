import type { ApiKeyRecord, ApiKeyStore } from '@phi/core';
import { testRedis, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openApiKeys } from './api-key-store.js';

const HASH = 'a'.repeat(64);
const RECORD: ApiKeyRecord = {
  id: 'k1',
  name: 'somebody',
  role: 'viewer',
  hash: HASH,
  created_time: 1_700_000_000_000,
};

describe('openApiKeys', () => {
  let corner: TestRedis;
  let keys: ApiKeyStore;

  beforeEach(() => {
    corner = testRedis('api-keys');
    keys = openApiKeys(corner.connect(), corner.namespace);
  });
  afterEach(() => corner.cleanup());

  it('finds a key as it was registered last', async () => {
    expect(await keys.find(HASH)).toBeUndefined();
    await keys.register(RECORD);
    expect(await keys.find(HASH)).toEqual(RECORD);
    await keys.register({ ...RECORD, role: 'admin', expires_time: 1_800_000_000_000 });
    expect(await keys.find(HASH)).toEqual({ ...RECORD, role: 'admin', expires_time: 1_800_000_000_000 });
  });

  it('keeps the keys of a namespace apart from those of another', async () => {
    await keys.register(RECORD);
    const other = openApiKeys(corner.connect(), `${corner.namespace}-other`);
    expect(await other.find(HASH)).toBeUndefined();
  });

  it('lets a session end by itself and when it is closed', async () => {
    await keys.openSession('s1', HASH, 3600);
    expect(await keys.findSession('s1')).toBe(HASH);
    const [key] = (await corner.keys()).filter((name) => name.endsWith('api_session:s1'));
    const left = await corner.connect().ttl(key ?? '');
    expect(left).toBeGreaterThan(3000);
    expect(left).toBeLessThanOrEqual(3600);
    await keys.closeSession('s1');
    expect(await keys.findSession('s1')).toBeUndefined();
  });
});
