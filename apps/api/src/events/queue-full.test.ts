import { randomBytes } from 'node:crypto';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

const eventOf = (id: string): object => ({ specversion: '1.0', id, source: 'shop', type: 'order.placed' });

describe('an event for which there is no room', () => {
  let api: ApiFixture;

  beforeEach(async () => {
    api = await openApiFixture('full', {
      webhookSecrets: `shop=${SECRET}`,
      config: { EXECUTOR_QUEUE_CAPACITY: 1 },
    });
    const triggers = [
      { trigger_type: 'API_CALL', source: 'shop' },
      { trigger_type: 'WEBHOOK', source: 'shop' },
    ];
    const jobs = [{ job_id: 'a', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'], triggers }];
    expect((await api.send('POST', '/v1/apply', { body: { jobs } })).statusCode).toBe(200);
    expect((await api.send('POST', '/v1/events', { body: eventOf('first') })).statusCode).toBe(202);
  });
  afterEach(() => api.close());

  const refusal = {
    status: 429,
    code: 'RES_005_QUEUE_FULL',
    detail: expect.stringMatching(/again in \d+ seconds/),
  };

  it('is refused, with the time to come again', async () => {
    const answer = await api.send('POST', '/v1/events', { body: eventOf('second') });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    expect(answer.json()).toMatchObject(refusal);
  });

  it('is refused by itself in a batch', async () => {
    const answer = await api.send('POST', '/v1/events', {
      body: JSON.stringify([eventOf('first'), eventOf('second')]),
      headers: { 'content-type': 'application/cloudevents-batch+json' },
    });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([207, expect.stringMatching(/^\d+$/)]);
    expect(answer.json()).toMatchObject({ items: [{ status: 202, outcome: 'DUPLICATE' }, refusal] });
  });

  it('is refused as a webhook', async () => {
    const at = new Date(Math.floor(api.open.services.clock.now() / 1000) * 1000);
    const answer = await api.send('POST', '/v1/webhooks/shop', {
      as: null,
      body: '{}',
      headers: {
        'webhook-id': 'msg',
        'webhook-timestamp': String(at.getTime() / 1000),
        'webhook-signature': new Webhook(SECRET).sign('msg', at, '{}'),
      },
    });
    expect([answer.statusCode, answer.headers['retry-after']]).toEqual([429, expect.stringMatching(/^\d+$/)]);
    expect(answer.json()).toMatchObject(refusal);
  });
});
