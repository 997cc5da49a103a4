import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const JOB = { job_id: 'a', job_type: 'INGESTION', pipeline_modules: ['ALPHA'] };

describe('DURABILITY', () => {
  let api: ApiFixture;
  beforeEach(async () => {
    // The Redis of the tests has no replica.
    api = await openApiFixture('durability', {
      config: { DURABILITY: 'REPLICA', DURABILITY_TIMEOUT_MS: 10 },
    });
  });
  afterEach(() => api.close());

  it('acknowledges nothing that is not safe, and repeating it is harmless', async () => {
    const applied = await api.send('POST', '/v1/apply', { body: { jobs: [JOB] } });
    expect([applied.statusCode, applied.json()]).toMatchObject([503, { code: 'STATE_050_NOT_DURABLE' }]);
    expect(applied.headers['retry-after']).toBe('2');
    const body = { idempotency_key: 'once' };
    for (let time = 0; time < 2; time += 1) {
      const answer = await api.send('POST', '/v1/jobs/a/trigger', { body });
      expect(answer.statusCode).toBe(503);
      expect(answer.json()).toMatchObject({
        code: 'STATE_050_NOT_DURABLE',
        detail: expect.stringContaining('0 of 1 replicas had it after 10 ms'),
      });
    }
    const listed = await api.send('GET', '/v1/executions?job_id=a');
    expect([listed.statusCode, listed.json<{ items: unknown[] }>().items.length]).toEqual([200, 1]);
  });

  it('does not wait for what was refused', async () => {
    expect((await api.send('POST', '/v1/jobs/unknown/trigger', { body: {} })).statusCode).toBe(404);
  });
});
