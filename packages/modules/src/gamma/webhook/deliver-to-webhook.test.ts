import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DeliveryFixture } from '../../testing/delivery-fixture.js';
import { startReceiver, type WebhookReceiver } from '../../testing/webhook-receiver.js';

const secret = `whsec_${randomBytes(32).toString('base64')}`;

let gamma: DeliveryFixture;
let receiver: WebhookReceiver;

const numbers = (count: number): string =>
  `SELECT i AS id, 'n' || i AS name FROM range(1, ${String(count + 1)}) t(i)`;
const to = (more: object = {}): object => ({
  destinations: [
    { type: 'WEBHOOK', name: 'partner', url: `${receiver.url}/hook/s3cret?token=s3cret`, secret, ...more },
  ],
});

beforeEach(async () => {
  [gamma, receiver] = await Promise.all([DeliveryFixture.create(), startReceiver(secret)]);
});
afterEach(async () => {
  await Promise.all([gamma.remove(), receiver.stop()]);
});

describe('GAMMA to a webhook', () => {
  it('posts signed messages in order, each acknowledged before the next', async () => {
    const batch = await gamma.batch(numbers(5));
    const result = await gamma.attempt(batch, to({ batch_records: 2 }));
    expect(result.delivery_acknowledgements).toEqual([
      { type: 'WEBHOOK', destination: 'partner', records: 5, messages: 3, status: 202, resumed_at: 0 },
    ]);
    expect(receiver.messages.map(({ body }) => body)).toEqual([
      message(1, '{"id":1,"name":"n1"},{"id":2,"name":"n2"}'),
      message(3, '{"id":3,"name":"n3"},{"id":4,"name":"n4"}'),
      message(5, '{"id":5,"name":"n5"}'),
    ]);
    expect(new Set(receiver.messages.map(({ id }) => id)).size).toBe(3);
    expect(gamma.progress).toEqual([2, 4, 5]);
    // After each message and after the last acknowledgement, though no checkpoint was due.
    expect(gamma.saved).toHaveLength(3 + 1);
  });

  it('writes numbers in full, bytes as base64 and times as ISO 8601, always as valid JSON', async () => {
    const batch = await gamma.batch(
      `SELECT 9007199254740993::BIGINT AS big, 1.50::DECIMAL(20,2) AS dec, 'nan'::DOUBLE AS nan, '-inf'::DOUBLE AS inf, '\\x00\\xFF'::BLOB AS bin,
       TIMESTAMPTZ '2024-02-29 12:00:00.5+00' AS tstz, TIMESTAMP '2024-02-29 12:00:00' AS ts, DATE '2024-02-29' AS day, NULL::VARCHAR AS none,
       '{"a":1}'::JSON AS js, [1.10::DECIMAL(4,2), NULL] AS list, {'q"': 'a"b', 'n': ['x']} AS obj, true AS yes, 'é"\\' || chr(10) AS "te""xt"`,
    );
    await gamma.attempt(batch, to());
    const [only] = receiver.messages;
    expect(JSON.parse(only?.body ?? '')).toBeDefined();
    expect(only?.body).toContain(
      '"records":[{"big":9007199254740993,"dec":1.50,"nan":"NaN","inf":"-Infinity","bin":"AP8=","tstz":"2024-02-29T12:00:00.5Z",' +
        '"ts":"2024-02-29T12:00:00","day":"2024-02-29","none":null,"js":{"a":1},"list":[1.10,null],"obj":{"q\\"":"a\\"b","n":["x"]},' +
        '"yes":true,"te\\"xt":"é\\"\\\\\\n"}]',
    );
  });

  it('goes on behind what was acknowledged, and repeats an unacknowledged message under its id', async () => {
    const batch = await gamma.batch(numbers(6));
    receiver.answer(202, 500);
    await expect(gamma.attempt(batch, to({ batch_records: 2 }))).rejects.toMatchObject({
      code: 'EXEC_018_CONNECTION_FAILED',
    });
    const { delivery_acknowledgements } = await gamma.attempt(batch, to({ batch_records: 2 }));
    expect(delivery_acknowledgements).toEqual([
      { type: 'WEBHOOK', destination: 'partner', records: 6, messages: 2, status: 202, resumed_at: 2 },
    ]);
    const [first, lost, again, last] = receiver.messages;
    expect(receiver.messages).toHaveLength(4);
    expect(again).toEqual(lost);
    expect(new Set([first?.id, lost?.id, last?.id]).size).toBe(3);
  });

  it('waits where it is asked to, within its bounds', async () => {
    const batch = await gamma.batch(numbers(1));
    receiver.answer([429, { 'retry-after': '1' }], [503, { 'retry-after': '0' }]);
    await gamma.attempt(batch, to());
    expect(receiver.messages).toHaveLength(3);
    gamma.saved.length = 0;
    receiver.answer([429, { 'retry-after': '61' }]);
    await expect(gamma.attempt(batch, to())).rejects.toMatchObject({ code: 'EXEC_019_RATE_LIMITED' });
    receiver.answer(429);
    await expect(gamma.attempt(batch, to())).rejects.toMatchObject({ code: 'EXEC_019_RATE_LIMITED' });
  });

  it('tells the failures apart and shows neither the path nor the secret', async () => {
    const batch = await gamma.batch(numbers(1));
    const failures: [() => void, object, string][] = [
      [() => receiver.answer(400), {}, 'EXEC_004_OUTPUT_FAILED'],
      [() => receiver.answer([302, { location: receiver.url }]), {}, 'EXEC_004_OUTPUT_FAILED'],
      [() => receiver.answer(401), {}, 'EXEC_020_PERMISSION_DENIED'],
      [() => receiver.answer('never'), { timeout_seconds: 0.2 }, 'EXEC_018_CONNECTION_FAILED'],
      // A port that nothing listens on: privileged, and no service of a test machine.
      [() => undefined, { url: 'http://127.0.0.1:1/s3cret' }, 'EXEC_018_CONNECTION_FAILED'],
      [() => undefined, { url: 'http://169.254.169.254/s3cret' }, 'EXEC_020_PERMISSION_DENIED'],
      [() => undefined, { url: 'file:///etc/s3cret' }, 'EXEC_005_INVALID_CONFIG'],
      [() => undefined, { secret: 's3cret' }, 'EXEC_005_INVALID_CONFIG'],
    ];
    for (const [prepare, more, code] of failures) {
      prepare();
      const error = await gamma.attempt(batch, to(more)).catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code });
      const shown = JSON.stringify([error, (error as Error).message, String((error as Error).cause)]);
      expect(shown).not.toMatch(/s3cret|whsec_[^ ]{8}/);
    }
    expect(receiver.refused).toBe(0);
  });
});

const message = (first: number, records: string): string =>
  `{"type":"phi.delivery","data":{"job_id":"job","run_id":"r-1","chain_id":"e-1","destination":"partner","first_record":${String(first)},` +
  `"total_records":5,"records":[${records}]}}`;
