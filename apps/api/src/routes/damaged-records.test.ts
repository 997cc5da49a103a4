import { rebuildExecution } from '@phi/engine';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const DAMAGED = Buffer.from([0, 255, 32, 10, 32]);

let api: ApiFixture;

beforeAll(async () => {
  api = await openApiFixture('damaged-records');
  const job = { job_id: 'load', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };
  await api.send('POST', '/v1/apply', { body: { jobs: [job] } });
});
afterAll(() => api.close());

it('shows what was found in place of a record, the bytes only to whoever may act on executions', async () => {
  const { redis, services } = api.open;
  expect((await api.send('GET', '/v1/damaged-records', { as: 'viewer' })).json()).toEqual({ items: [] });
  const triggered = await api.send('POST', '/v1/jobs/load/trigger', { as: 'operator' });
  const { run_id } = triggered.json<{ run_id: string }>();
  const at = `/v1/damaged-records/${run_id}`;
  expect((await api.send('GET', at, { as: 'operator' })).statusCode).toBe(404);
  await redis.set(`phi:{${services.namespace}/0}:x:${run_id}`, DAMAGED);
  await rebuildExecution(services, run_id, 'PARTIAL_WRITE');

  const kept = { kind: 'EXECUTION', id: run_id, time: expect.any(String), size: DAMAGED.length };
  expect((await api.send('GET', '/v1/damaged-records', { as: 'viewer' })).json()).toEqual({ items: [kept] });
  expect((await api.send('GET', at, { as: 'operator' })).json()).toEqual({
    items: [{ ...kept, bytes: DAMAGED.toString('base64') }],
  });
  expect((await api.send('GET', at, { as: 'viewer' })).statusCode).toBe(403);
});

it('shows what was damaged beside records, of whatever id', async () => {
  const { redis, services } = api.open;
  const id = 'load|on-extract';
  await redis.lpush(`phi:{${services.namespace}/0}:quarantined_records`, `USED|${id} 5 x`);
  const [item] = (await api.send('GET', '/v1/damaged-records', { as: 'viewer' })).json<{ items: object[] }>()
    .items;
  const kept = { kind: 'USED', id, time: '1970-01-01T00:00:00.005Z', size: 1 };
  expect(item).toEqual(kept);
  const at = `/v1/damaged-records/${encodeURIComponent(id)}`;
  expect((await api.send('GET', at, { as: 'operator' })).json()).toEqual({
    items: [{ ...kept, bytes: 'eA==' }],
  });
});
