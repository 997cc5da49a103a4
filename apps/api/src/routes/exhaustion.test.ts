import type { ExhaustionEntry } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const FULL: ExhaustionEntry = {
  source: 'REDIS',
  resource_type: 'MEMORY',
  code: 'RES_001_MEMORY_EXHAUSTED',
  usage: 0.95,
  threshold: 0.9,
  actions: ['REJECT_LOW_PRIORITY'],
  reject_below: 0,
};

describe('REJECT_LOW_PRIORITY', () => {
  let api: ApiFixture;

  beforeEach(async () => {
    api = await openApiFixture('exhaustion');
    const base = { job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };
    const triggers = [{ trigger_type: 'API_CALL', source: 'shop' }];
    const jobs = [
      { ...base, job_id: 'low', resources: { priority: -1 }, triggers },
      { ...base, job_id: 'usual' },
    ];
    expect((await api.send('POST', '/v1/apply', { body: { jobs } })).statusCode).toBe(200);
    await report(FULL);
  });
  afterEach(() => api.close());

  const report = (...exhausted: ExhaustionEntry[]): Promise<void> =>
    api.open.services.exhaustion.report({ measurer: 'recovery', lapses_ms: 60_000, exhausted });
  const trigger = (job: string) => api.send('POST', `/v1/jobs/${job}/trigger`, { body: {} });

  it('answers a request for a job of a lower priority with 503, the resource, and when to come again', async () => {
    const answer = await trigger('low');
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, expect.stringMatching(/^\d+$/)]);
    expect(answer.json()).toMatchObject({
      status: 503,
      code: 'RES_001_MEMORY_EXHAUSTED',
      title: expect.stringMatching(/^Memory is above its threshold/),
      detail: expect.stringMatching(/^Nothing was done.*again in \d+ seconds/),
    });
    expect((await trigger('usual')).statusCode).toBe(201);
    await report();
    expect((await trigger('low')).statusCode).toBe(201);
  });

  it('holds an event, and tells its sender so', async () => {
    const body = { specversion: '1.0', id: '1', source: 'shop', type: 'order.placed' };
    const answer = await api.send('POST', '/v1/events', { body });
    expect(answer.statusCode).toBe(202);
    expect(answer.json()).toMatchObject({ deliveries: [{ job_id: 'low', state: 'HELD' }] });
  });

  it('is in the health status', async () => {
    expect((await api.send('GET', '/health')).json()).toMatchObject({
      resource_status: expect.stringMatching(/^DEGRADED: MEMORY of Redis/),
      exhausted_resources: [{ error_code: 'RES_001_MEMORY_EXHAUSTED', in_force: ['REJECT_LOW_PRIORITY'] }],
    });
  });
});
