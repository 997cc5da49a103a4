import { createSecretKey, randomBytes } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';

import { isSigned, readWebhookHeaders } from './webhook-signature.js';

const NOW_SECONDS = 1_760_000_000;
const NOW_MS = NOW_SECONDS * 1000;

/** Signs as the reference implementation does. */
function sign(secret: Buffer, id: string, timestamp: number, body: string): Record<string, string> {
  const signature = new Webhook(secret.toString('base64')).sign(id, new Date(timestamp * 1000), body);
  return { 'webhook-id': id, 'webhook-timestamp': String(timestamp), 'webhook-signature': signature };
}

function accepts(
  headers: Record<string, string | undefined>,
  body: string,
  secrets: readonly Buffer[],
): boolean {
  const read = readWebhookHeaders(headers);
  const keys = secrets.map((secret) => createSecretKey(secret));
  return read !== undefined && isSigned(read, Buffer.from(body), keys, NOW_MS);
}

describe('a webhook signature', () => {
  const secret = randomBytes(24);

  it('is taken as the reference implementation makes it, and for nothing else', () => {
    const id = fc.stringMatching(/^[\w-]{1,40}$/);
    const body = fc.oneof(fc.json(), fc.string({ unit: 'binary' }));
    fc.assert(
      fc.property(
        id,
        body,
        fc.nat(2 ** 31),
        fc.uint8Array({ minLength: 24, maxLength: 64 }),
        (name, text, flip, key) => {
          const bytes = Buffer.from(key);
          const headers = sign(bytes, name, NOW_SECONDS, text);
          expect(accepts(headers, text, [bytes])).toBe(true);
          expect(accepts(headers, `${text} `, [bytes])).toBe(false);
          expect(accepts({ ...headers, 'webhook-id': `${name}x` }, text, [bytes])).toBe(false);
          expect(accepts({ ...headers, 'webhook-timestamp': String(NOW_SECONDS + 1) }, text, [bytes])).toBe(
            false,
          );
          const wrong = Buffer.from(bytes);
          const at = flip % wrong.length;
          wrong[at] = (wrong[at] ?? 0) ^ 1;
          expect(accepts(headers, text, [wrong])).toBe(false);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('holds for 300 seconds in both directions', () => {
    const at = (seconds: number): boolean =>
      accepts(sign(secret, 'msg', NOW_SECONDS + seconds, '{}'), '{}', [secret]);
    expect([-301, -300, 0, 300, 301].map(at)).toEqual([false, true, true, true, false]);
  });

  it('may be by any of several secrets, and one of several signatures', () => {
    const [old, next] = [randomBytes(32), randomBytes(32)];
    expect(accepts(sign(old, 'msg', NOW_SECONDS, '{}'), '{}', [next, old])).toBe(true);
    expect(accepts(sign(next, 'msg', NOW_SECONDS, '{}'), '{}', [next, old])).toBe(true);
    const headers = sign(old, 'msg', NOW_SECONDS, '{}');
    const both = `v1a,AAAA nonsense v1, ${sign(next, 'msg', NOW_SECONDS, '{}')['webhook-signature'] ?? ''} ${headers['webhook-signature'] ?? ''}`;
    expect(accepts({ ...headers, 'webhook-signature': both }, '{}', [old])).toBe(true);
    expect(accepts({ ...headers, 'webhook-signature': both }, '{}', [randomBytes(32)])).toBe(false);
    expect(accepts(headers, '{}', [])).toBe(false);
  });

  it('cannot be moved to another message by a full stop', () => {
    const headers = sign(secret, 'a', NOW_SECONDS, '5');
    expect(accepts(headers, '5', [secret])).toBe(true);
    const shifted = { ...headers, 'webhook-id': `a.${String(NOW_SECONDS)}`, 'webhook-timestamp': '5' };
    expect(readWebhookHeaders(shifted)).toBeUndefined();
  });

  it.each([
    ['no id', { 'webhook-id': undefined }],
    ['an empty id', { 'webhook-id': '' }],
    ['an id that was sent twice', { 'webhook-id': 'msg, msg' }],
    ['no time', { 'webhook-timestamp': undefined }],
    ['a time that goes on', { 'webhook-timestamp': `${String(NOW_SECONDS)}.0` }],
    ['a time with a sign', { 'webhook-timestamp': `+${String(NOW_SECONDS)}` }],
    ['a time in hexadecimal', { 'webhook-timestamp': '0x68e7bf80' }],
    ['no signature', { 'webhook-signature': undefined }],
    ['an empty signature', { 'webhook-signature': '' }],
    ['a signature without its version', { 'webhook-signature': 'AAAA' }],
    ['a short signature', { 'webhook-signature': 'v1,AAAA' }],
    ['an empty one', { 'webhook-signature': 'v1,' }],
  ])('is refused with %s', (_name, change) => {
    expect(accepts({ ...sign(secret, 'msg', NOW_SECONDS, '{}'), ...change }, '{}', [secret])).toBe(false);
  });
});
