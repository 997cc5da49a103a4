import { callbackKey } from '@phi/core';
import { listenForCallbacks } from '@phi/store';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const SECRET = 'what-modules-sign-by-in-tests';
const BODY = JSON.stringify({ state: 'SUCCEEDED' });

describe('POST /v1/callbacks/{execution_id}/{stage}', () => {
  let api: ApiFixture;
  const heard: string[] = [];
  let onHeard = (): void => undefined;
  let stop: () => void;

  beforeAll(async () => {
    api = await openApiFixture('callbacks', { callbackSecret: SECRET });
    const { redis, services } = api.open;
    const listening = await listenForCallbacks(redis, services.namespace, (...of) => {
      heard.push(of.join('/'));
      onHeard();
    });
    stop = listening.stop;
  });
  afterAll(async () => {
    stop();
    await api.close();
  });

  const post = async (
    url: string,
    key: Buffer,
    { age = 0, body = BODY }: { age?: number; body?: string } = {},
  ): Promise<number> => {
    const at = new Date(Math.floor(api.open.services.clock.now() / 1000 - age) * 1000);
    const headers = {
      'content-type': 'application/json',
      'webhook-id': 'm-1',
      'webhook-timestamp': String(at.getTime() / 1000),
      'webhook-signature': new Webhook(key.toString('base64')).sign('m-1', at, BODY),
    };
    return (await api.send('POST', url, { as: null, body, headers })).statusCode;
  };

  it('wakes who waits for that stage, however often it is sent', async () => {
    const key = callbackKey(SECRET, 'e-1', 'ALPHA');
    const twice = new Promise<void>((resolve) => {
      onHeard = () => {
        if (heard.length === 2) resolve();
      };
    });
    expect(await post('/v1/callbacks/e-1/ALPHA', key)).toBe(204);
    expect(await post('/v1/callbacks/e-1/ALPHA', key)).toBe(204);
    await twice;
    expect(heard).toEqual(['e-1/ALPHA', 'e-1/ALPHA']);
  });

  it.each([
    ['another stage', '/v1/callbacks/e-1/BETA', callbackKey(SECRET, 'e-1', 'ALPHA'), {}],
    ['another execution', '/v1/callbacks/e-2/ALPHA', callbackKey(SECRET, 'e-1', 'ALPHA'), {}],
    ['nobody’s secret', '/v1/callbacks/e-1/ALPHA', callbackKey('another', 'e-1', 'ALPHA'), {}],
    ['long ago', '/v1/callbacks/e-1/ALPHA', callbackKey(SECRET, 'e-1', 'ALPHA'), { age: 301 }],
    ['another body', '/v1/callbacks/e-1/ALPHA', callbackKey(SECRET, 'e-1', 'ALPHA'), { body: '{}' }],
  ])('refuses what is signed by or for %s', async (_, url, key, more) => {
    expect(await post(url, key, more)).toBe(401);
  });

  it('refuses everything where there is no secret', async () => {
    const without = await openApiFixture('callbacks-none');
    const answer = await without.send('POST', '/v1/callbacks/e-1/ALPHA', { as: null, body: BODY });
    expect(answer.statusCode).toBe(401);
    await without.close();
  });
});
