import { createHmac, randomBytes } from 'node:crypto';

import { EVENT_BYTES } from '@phi/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LightMyRequestResponse } from 'fastify';
import { Webhook } from 'standardwebhooks';

import { openApiFixture, sendRaw, type ApiFixture } from '../testing/api-fixture.js';

const secretOf = (): string => `whsec_${randomBytes(32).toString('base64')}`;
const [OLD, NEW, OTHER] = [secretOf(), secretOf(), secretOf()] as const;

const job = (job_id: string, source: string): object => ({
  job_id,
  job_type: 'OUTPUT',
  pipeline_modules: ['GAMMA'],
  triggers: [{ trigger_type: 'WEBHOOK', source }],
});

interface Signing {
  readonly secret?: string;
  readonly id?: string;
  /** Seconds from now. */
  readonly age?: number;
}

let sent = 0;

describe('POST /v1/webhooks/{source}', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('webhooks', { webhookSecrets: `github=${NEW}|${OLD},stripe=${OTHER}` });
    const jobs = [job('on-push', 'github'), job('on-payment', 'stripe'), job('on-mail', 'mail')];
    const applied = await api.send('POST', '/v1/apply', { body: { jobs } });
    expect(applied.statusCode).toBe(200);
  });
  afterAll(() => api.close());

  function signed(body: string, { secret = NEW, id, age = 0 }: Signing = {}): Record<string, string> {
    const at = new Date(Math.floor(api.open.services.clock.now() / 1000 - age) * 1000);
    const name = id ?? `msg_${String(++sent)}`;
    return {
      'content-type': 'application/json',
      'webhook-id': name,
      'webhook-timestamp': String(at.getTime() / 1000),
      'webhook-signature': new Webhook(secret).sign(name, at, body),
    };
  }
  const post = (
    url: string,
    body: string,
    headers: Record<string, string>,
  ): Promise<LightMyRequestResponse> => api.send('POST', url, { as: null, body, headers });
  const hook = (
    body: string,
    signing?: Signing,
    url = '/v1/webhooks/github',
  ): Promise<LightMyRequestResponse> => post(url, body, signed(body, signing));
  async function startedBy(jobId: string): Promise<{ parameters: { events: object[] } }[]> {
    const { items } = (await api.send('GET', `/v1/executions?job_id=${jobId}&limit=100`)).json<{
      items: { execution_id: string }[];
    }>();
    const answers = await Promise.all(
      items.map(({ execution_id }) => api.send('GET', `/v1/executions/${execution_id}`)),
    );
    return answers.map((answer) => answer.json());
  }

  it('starts what waits for it, with the body as the data of the event', async () => {
    const body = '{"type": "push", "ref": "ä", "n": 1.50}';
    const headers = signed(body);
    const answer = await post('/v1/webhooks/github', body, headers);
    expect([answer.statusCode, answer.json()]).toEqual([202, { outcome: 'ACCEPTED' }]);
    const [execution] = await startedBy('on-push');
    const time = new Date(Number(headers['webhook-timestamp']) * 1000).toISOString();
    expect(execution).toMatchObject({
      trigger_type: 'EVENT',
      trigger_id: 'on-push.trigger-1',
      parameters: {
        events: [
          {
            specversion: '1.0',
            id: headers['webhook-id'],
            source: 'github',
            type: 'push',
            time,
            data: { type: 'push', ref: 'ä', n: 1.5 },
          },
        ],
      },
    });
    expect(JSON.stringify(execution)).toContain('webhook:github');
  });

  it.each([
    ['a list', '[1]'],
    ['a text', '"push"'],
    ['nothing but null', 'null'],
    ['a type that is no text', '{"type": 7}'],
    ['an empty type', '{"type": ""}'],
    ['a type that cannot be one', '{"type": "a\\u0000b"}'],
  ])('takes %s as data of the type webhook', async (_name, body) => {
    const id = `untyped_${String(++sent)}`;
    expect((await hook(body, { id, secret: OTHER }, '/v1/webhooks/stripe')).statusCode).toBe(202);
    const [execution] = await startedBy('on-payment');
    expect(execution?.parameters.events).toEqual([
      expect.objectContaining({ id, type: 'webhook', data: JSON.parse(body) as unknown }),
    ]);
  });

  it('takes a message that is sent again once, whatever it was signed with', async () => {
    const before = (await startedBy('on-push')).length;
    const id = 'msg_repeated';
    const outcomes = [];
    for (const signing of [{ id }, { id }, { id, age: 250 }, { id, secret: OLD }]) {
      const answer = await hook('{"once": true}', signing);
      expect(answer.statusCode).toBe(202);
      outcomes.push(answer.json<{ outcome: string }>().outcome);
    }
    expect(outcomes).toEqual(['ACCEPTED', 'DUPLICATE', 'DUPLICATE', 'DUPLICATE']);
    expect(await startedBy('on-push')).toHaveLength(before + 1);
  });

  it('answers everything that is not signed by the source in the same way, and starts nothing', async () => {
    const before = (await startedBy('on-push')).length;
    const body = '{"type": "push"}';
    const good = signed(body);
    const without = (name: string): Record<string, string> => {
      const { [name]: _left, ...rest } = good;
      return rest;
    };
    const key = { authorization: `Bearer ${api.keyOf.admin}` };
    const attempts: [string, string, string, Record<string, string>][] = [
      ['no headers', '/v1/webhooks/github', body, {}],
      ['a key instead', '/v1/webhooks/github', body, { ...key, 'content-type': 'application/json' }],
      ['no id', '/v1/webhooks/github', body, without('webhook-id')],
      ['no time', '/v1/webhooks/github', body, without('webhook-timestamp')],
      ['no signature', '/v1/webhooks/github', body, without('webhook-signature')],
      ['a body with a space more', '/v1/webhooks/github', `${body} `, good],
      ['a body with other spaces', '/v1/webhooks/github', '{"type":"push"}', good],
      ['no body', '/v1/webhooks/github', '', good],
      ['another id', '/v1/webhooks/github', body, { ...good, 'webhook-id': 'msg_other' }],
      ['expired', '/v1/webhooks/github', body, signed(body, { age: 301 })],
      ['from the future', '/v1/webhooks/github', body, signed(body, { age: -3600 })],
      ["another source's secret", '/v1/webhooks/github', body, signed(body, { secret: OTHER })],
      ['a secret of nobody', '/v1/webhooks/github', body, signed(body, { secret: secretOf() })],
      ["another source's path", '/v1/webhooks/stripe', body, good],
      ['a source without a secret', '/v1/webhooks/mail', body, good],
      ['an unknown source', '/v1/webhooks/nobody', body, good],
      ['a name of every object', '/v1/webhooks/__proto__', body, good],
      ['another name of every object', '/v1/webhooks/constructor', body, good],
    ];
    const answers = await Promise.all(
      attempts.map(async ([name, url, text, headers]) => {
        const answer = await post(url, text, headers);
        const { instance: _id, ...problem } = answer.json<{ instance: string }>();
        return { name, status: answer.statusCode, challenge: answer.headers['www-authenticate'], problem };
      }),
    );
    const { name: _name, ...first } = answers[0] ?? { name: '' };
    expect(first).toMatchObject({ status: 401, challenge: 'StandardWebhooks realm="phi"' });
    for (const { name, ...answer } of answers) expect([name, answer]).toEqual([name, first]);
    expect(await startedBy('on-push')).toHaveLength(before);
  });

  it('lets no way of writing the path go round the signature', async () => {
    const port = await api.listen();
    const path = '/v1/webhooks/github';
    const disguises = [
      `${path}/`,
      `/${path}`,
      `${path}%2f`,
      `${path}/../stripe`,
      '/v1/webhooks/',
      '/v1/webhooks',
      '/v1/webhooks/%67ithub',
      '/v1/webhooks/github;x=1',
      '/v1/webhooks/github%00',
      '/v1/webhooks/..%2fgithub',
      '/V1/WEBHOOKS/GITHUB',
      `/health/live/..${path}`,
      `${path}?permission=public`,
    ];
    for (const disguise of disguises) {
      const { status } = await sendRaw(port, 'POST', disguise);
      expect([disguise, [400, 401, 404].includes(status)]).toEqual([disguise, true]);
    }
    for (const method of ['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])
      expect([method, (await sendRaw(port, method, path)).status]).toEqual([method, 404]);
  });

  it('takes a source whose name is escaped in the path as that source', async () => {
    expect((await hook('{}', {}, '/v1/webhooks/%67ithub')).statusCode).toBe(202);
  });

  it.each([
    ['no JSON', '{"a":', 400],
    ['nothing', '', 400],
    ['a key that reaches the prototype', '{"__proto__": {"a": 1}}', 422],
    ['one deep inside', '{"a": [{"constructor": 1}]}', 422],
    ['too many levels', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 422],
    ['an event that is too large with what is around it', `"${'x'.repeat(EVENT_BYTES - 50)}"`, 413],
    ['too much', `"${'x'.repeat(EVENT_BYTES)}"`, 413],
  ])('refuses %s, signed as it is', async (_name, body, status) => {
    const answer = await hook(body);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['content-type']).toBe('application/problem+json; charset=utf-8');
    expect(answer.json<{ detail?: string }>().detail ?? '').not.toContain('1 MiB');
  });

  it('refuses bytes that are no text', async () => {
    const bytes = Buffer.from([0x22, 0xff, 0x22]);
    const headers = signed('');
    const signing = createHmac('sha256', Buffer.from(NEW.slice('whsec_'.length), 'base64'));
    const signature = signing
      .update(`${headers['webhook-id'] ?? ''}.${headers['webhook-timestamp'] ?? ''}.`)
      .update(bytes);
    const answer = await api.app.inject({
      method: 'POST',
      url: '/v1/webhooks/github',
      payload: bytes,
      headers: { ...headers, 'webhook-signature': `v1,${signature.digest('base64')}` },
    });
    expect([answer.statusCode, answer.json()]).toEqual([
      400,
      expect.objectContaining({ detail: 'The body is not JSON in UTF-8.' }),
    ]);
  });

  it('takes any type of body that is JSON', async () => {
    const body = '{"type": "push"}';
    for (const type of ['application/json; charset=utf-8', 'text/plain', 'application/octet-stream'])
      expect(
        (await post('/v1/webhooks/github', body, { ...signed(body), 'content-type': type })).statusCode,
      ).toBe(202);
  });

  it('is told of no source at all where a job waits for one that has no secret', async () => {
    const answer = await api.send('POST', '/v1/validate', {
      body: { jobs: [job('on-push', 'github'), job('on-mail', 'mail')] },
    });
    expect(answer.json<{ warnings: { field: string }[] }>().warnings).toContainEqual({
      field: 'jobs[1].triggers[0].source',
      reason: 'the API has no secret for this source: its webhooks are refused',
      accepted: 'a source that PHI_WEBHOOK_SECRETS of the API names',
      value: 'mail',
    });
    expect(answer.body).not.toContain('jobs[0].triggers[0].source');
  });
});
