import { describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { signCallback } from './callback-signature.js';

const SECRET = `whsec_${Buffer.from('a key of thirty-two bytes, no less').toString('base64')}`;

describe('signCallback', () => {
  it('signs what any implementation of Standard Webhooks accepts', () => {
    const now = new Date();
    const timestamp = Math.floor(now.getTime() / 1000);
    const body = '{"state":"RUNNING"}';
    const headers = {
      'webhook-id': 'm-1',
      'webhook-timestamp': String(timestamp),
      'webhook-signature': signCallback(SECRET, { id: 'm-1', timestamp }, body),
    };
    expect(new Webhook(SECRET).verify(body, headers)).toEqual({ state: 'RUNNING' });
    expect(() => new Webhook(SECRET).verify(`${body} `, headers)).toThrow('No matching signature found');
  });
});
