import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

import type { Alert } from '@phi/core';
import { createLogger } from '@phi/telemetry';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { readAlertWebhook } from './read-alert-webhook.js';
import { WebhookAlerts } from './webhook-alerts.js';

const KEY = Buffer.alloc(32, 7).toString('base64');
const SECRET = `whsec_${KEY}`;

interface Received {
  readonly id: string;
  readonly signed: boolean;
  readonly type: string;
  readonly data: Alert & { readonly count: number; readonly namespace: string };
}

describe('WebhookAlerts', () => {
  let server: Server;
  let received: Received[];
  /** Answers of the next requests; 204 when there are none left. */
  let answers: number[];
  let alerts: WebhookAlerts;

  beforeEach(async () => {
    received = [];
    answers = [];
    server = createServer((request, response) => {
      void read(request).then((message) => {
        received.push(message);
        response.writeHead(answers.shift() ?? 204).end();
        server.emit('received');
      });
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    alerts = open();
  });
  afterEach(async () => {
    await alerts.close();
    server.closeAllConnections();
    server.close();
  });

  function open(more: object = {}): WebhookAlerts {
    const { port } = server.address() as AddressInfo;
    return new WebhookAlerts({
      url: `http://127.0.0.1:${String(port)}/hook`,
      secret: SECRET,
      allow: ['127.0.0.0/8'],
      namespace: 'here',
      log: createLogger('test', 'silent'),
      backoffMs: 1,
      closeMs: 20_000,
      ...more,
    });
  }

  async function read(request: IncomingMessage): Promise<Received> {
    const body = await text(request);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = request.headers;
    const hmac = createHmac('sha256', Buffer.from(KEY, 'base64'));
    const expected = hmac.update(`${String(id)}.${String(at)}.${body}`).digest('base64');
    const { type, data } = JSON.parse(body) as Pick<Received, 'type' | 'data'>;
    return { id: String(id), signed: signature === `v1,${expected}`, type, data };
  }

  async function until(count: number): Promise<Received[]> {
    while (received.length < count) await once(server, 'received');
    return received;
  }
  const alertOf = (more: Partial<Alert> = {}): Alert => ({
    kind: 'DEAD_LETTER',
    severity: 'critical',
    subject: 'x',
    error_code: 'EXEC_004_OUTPUT_FAILED',
    message: 'failed for good',
    context: { job_id: 'load' },
    ...more,
  });

  it('posts an alert signed, with all that is known of it', async () => {
    alerts.raise(alertOf());
    expect(await until(1)).toEqual([
      {
        id: expect.stringMatching(/^alert_/),
        signed: true,
        type: 'phi.alert',
        data: { ...alertOf(), count: 1, namespace: 'here' },
      },
    ]);
  });

  it('tells many that are alike once, and then how many there were', async () => {
    for (let n = 0; n < 1000; n++) alerts.raise(alertOf({ subject: String(n) }));
    alerts.raise(alertOf({ context: { job_id: 'other' } }));
    await alerts.close();
    expect(received.map(({ data }) => [data.context?.['job_id'], data.count])).toEqual([
      ['load', 1],
      ['other', 1],
      ['load', 999],
    ]);
  });

  it('collects anew when the time is over', async () => {
    await alerts.close();
    alerts = open({ windowMs: 20 });
    alerts.raise(alertOf());
    alerts.raise(alertOf());
    expect((await until(2)).map(({ data }) => data.count)).toEqual([1, 1]);
  });

  it('tries again until it is accepted, under the same id', async () => {
    answers = [500, 503];
    alerts.raise(alertOf());
    const ids = (await until(3)).map(({ id }) => id);
    expect(new Set(ids).size).toBe(1);
  });

  it('gives up in the end, and goes on with the next', async () => {
    answers = [500, 500, 500, 500, 500];
    alerts.raise(alertOf());
    alerts.raise(alertOf({ kind: 'QUARANTINE' }));
    expect((await until(6)).at(-1)?.data.kind).toBe('QUARANTINE');
  });

  it('drops the oldest of what waits, and says how many', async () => {
    for (let n = 0; n < 150; n++) alerts.raise(alertOf({ context: { job_id: String(n) } }));
    await alerts.close();
    alerts = open();
    const told = received.reduce(
      (sum, { data }) => sum + data.count + Number((data as { dropped?: number }).dropped ?? 0),
      0,
    );
    expect(received.length).toBeLessThan(150);
    expect(told).toBe(150);
  });

  it('calls nobody for an attempt that another follows', async () => {
    alerts.raise(alertOf({ kind: 'EXECUTION_ERROR', severity: 'warning' }));
    alerts.raise(alertOf());
    await alerts.close();
    expect(received.map(({ data }) => data.kind)).toEqual(['DEAD_LETTER']);
  });

  it('dials nothing that is not allowed', async () => {
    await alerts.close();
    alerts = open({ allow: [] });
    alerts.raise(alertOf());
    await alerts.close();
    expect(received).toEqual([]);
  });
});

describe('readAlertWebhook', () => {
  it.each([
    [{}, undefined, []],
    [
      { PHI_ALERT_WEBHOOK_URL: 'https://a.example/x', PHI_ALERT_WEBHOOK_SECRET: SECRET },
      'https://a.example/x',
      [],
    ],
    [{ PHI_ALERT_WEBHOOK_URL: 'https://a.example/x' }, undefined, ['PHI_ALERT_WEBHOOK_SECRET']],
    [{ PHI_ALERT_WEBHOOK_SECRET: 'short' }, undefined, ['PHI_ALERT_WEBHOOK_URL', 'PHI_ALERT_WEBHOOK_SECRET']],
    [
      { PHI_ALERT_WEBHOOK_URL: 'a.example', PHI_ALERT_WEBHOOK_SECRET: SECRET, PHI_HTTP_ALLOW: '10.0.0.0/99' },
      undefined,
      ['PHI_ALERT_WEBHOOK_URL', 'PHI_HTTP_ALLOW'],
    ],
  ])('%j', (variables, url, fields) => {
    const read = readAlertWebhook(variables);
    expect([read.webhook?.url, read.problems.map(({ field }) => field)]).toEqual([url, fields]);
    expect(JSON.stringify(read.problems)).not.toContain('short');
  });
});
