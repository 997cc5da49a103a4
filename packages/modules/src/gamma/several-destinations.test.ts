import { randomBytes } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { testPostgres, type TestPostgres } from '@phi/testkit';
import { DeliveryFixture } from '../testing/delivery-fixture.js';
import { describePostgres } from '../testing/describe-postgres.js';
import { startReceiver, type WebhookReceiver } from '../testing/webhook-receiver.js';

const secret = `whsec_${randomBytes(32).toString('base64')}`;

let postgres: TestPostgres;
let receiver: WebhookReceiver;
let gamma: DeliveryFixture;

describePostgres('GAMMA with several destinations', () => {
  beforeEach(async () => {
    [postgres, receiver, gamma] = await Promise.all([
      testPostgres('several'),
      startReceiver(secret),
      DeliveryFixture.create(),
    ]);
  });
  afterEach(async () => {
    await Promise.all([postgres.cleanup(), receiver.stop(), gamma.remove()]);
  });

  const destinations = (): object[] => [
    { path: 'report.csv' },
    { type: 'WEBHOOK', name: 'partner', url: receiver.url, secret, batch_records: 2 },
    { type: 'POSTGRES', connection: postgres.url, table: 'plain' },
    { type: 'POSTGRES', connection: postgres.url, table: 'later' },
  ];

  it('delivers later only what was not acknowledged, however the others failed', async () => {
    const batch = await gamma.batch('SELECT i AS id FROM range(1, 4) t(i)');
    const report = join(gamma.base, 'output/report.csv');
    await postgres.query('CREATE TABLE later (id bigint)');
    receiver.answer(202, 503);
    // The table that is not there will not be there next time either; the webhook may.
    await expect(gamma.attempt(batch, { destinations: destinations() })).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
    });
    expect(await readFile(report, 'utf8')).toBe('id\n1\n2\n3\n');
    expect(receiver.messages).toHaveLength(2);

    await rm(report);
    await postgres.query('CREATE TABLE plain (id bigint)');
    const result = await gamma.attempt(batch, { destinations: destinations() });

    await expect(readFile(report)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(receiver.messages).toHaveLength(3);
    expect(
      await postgres.query('SELECT id::int FROM later UNION ALL SELECT id::int FROM plain ORDER BY id'),
    ).toEqual([1, 1, 2, 2, 3, 3].map((id) => ({ id })));
    expect(result).toMatchObject({
      records_processed: 3,
      metrics: { destinations: 4, records_delivered: 1 + 3 },
      delivery_acknowledgements: [
        { type: 'FILE', destination: 'report.csv', records: 3 },
        { type: 'WEBHOOK', destination: 'partner', records: 3, messages: 1, resumed_at: 2 },
        { type: 'POSTGRES', destination: 'plain', records: 3 },
        { type: 'POSTGRES', destination: 'later', records: 3, resumed_at: 0 },
      ],
    });
    expect(result.outputs).toEqual({ 'report.csv': 'report.csv', plain: 'plain', later: 'later' });
  });

  it('keeps within its rate, and stops in the middle when it is told to', async () => {
    const batch = await gamma.batch('SELECT i AS id FROM range(1, 1001) t(i)');
    await postgres.query('CREATE TABLE slow (id bigint)');
    const stop = new AbortController();
    const parameters = {
      destinations: [{ type: 'POSTGRES', connection: postgres.url, table: 'slow' }],
      delivery: { max_records_per_second: 10 },
    };
    // The first is handed over at once; it would take 100 s in all.
    const progress = (records: number): void => {
      if (records === 20) stop.abort(new Error('stopped'));
    };
    await expect(gamma.attempt(batch, parameters, { signal: stop.signal, progress })).rejects.toThrow(
      'stopped',
    );
    expect(await postgres.query('SELECT count(*)::int FROM slow')).toEqual([{ count: 20 }]);
    const { delivery_acknowledgements } = await gamma.attempt(batch, {
      destinations: parameters.destinations,
    });
    expect(delivery_acknowledgements).toEqual([expect.objectContaining({ records: 1000, resumed_at: 20 })]);
    expect(await postgres.query('SELECT count(DISTINCT id)::int FROM slow')).toEqual([{ count: 1000 }]);
  });
});
