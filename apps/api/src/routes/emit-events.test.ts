import { EVENT_BYTES } from '@phi/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LightMyRequestResponse } from 'fastify';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const JSON_TYPE = 'application/json';
const EVENT_TYPE = 'application/cloudevents+json';
const BATCH_TYPE = 'application/cloudevents-batch+json';

interface Answer {
  readonly outcome: string;
  readonly deliveries: readonly { readonly job_id: string; readonly execution_id?: string }[];
  readonly passed_over: readonly { readonly job_id: string; readonly reason: string }[];
}

let sent = 0;
const eventOf = (more: object = {}): Record<string, unknown> => ({
  specversion: '1.0',
  id: `event-${String(++sent)}`,
  source: 'shop',
  type: 'order.placed',
  ...more,
});

describe('POST /v1/events', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('emit');
    const job = (job_id: string, trigger_type: string): object => ({
      job_id,
      job_type: 'OUTPUT',
      pipeline_modules: ['GAMMA'],
      triggers: [{ trigger_id: 't', trigger_type, source: 'shop' }],
    });
    const batching = { trigger_type: 'API_CALL', source: 'depot', batch_window_seconds: 60 };
    const jobs = [
      job('a', 'API_CALL'),
      job('b', 'DATA_ARRIVAL'),
      job('m', 'MESSAGE'),
      { ...job('c', 'API_CALL'), triggers: [batching] },
    ];
    expect((await api.send('POST', '/v1/apply', { body: { jobs } })).statusCode).toBe(200);
  });
  afterAll(() => api.close());

  const post = (
    body: string | object,
    type: string | undefined = JSON_TYPE,
    headers: Record<string, string> = {},
  ): Promise<LightMyRequestResponse> =>
    api.send('POST', '/v1/events', {
      as: 'operator',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { ...(type === undefined ? {} : { 'content-type': type }), ...headers },
    });
  /** The event that the execution has which the answer names. */
  async function eventIn(answer: LightMyRequestResponse): Promise<unknown> {
    expect(answer.statusCode).toBe(202);
    const id = answer.json<Answer>().deliveries[0]?.execution_id ?? '';
    const execution = await api.send('GET', `/v1/executions/${id}`);
    return execution.json<{ parameters: { events: unknown[] } }>().parameters.events[0];
  }

  it.each([JSON_TYPE, EVENT_TYPE, `${EVENT_TYPE}; charset=utf-8`])('takes an event as %s', async (type) => {
    const event = eventOf({ subject: '4711', time: '2026-03-08T07:00:00Z', data: { n: [] }, tenant: 'x' });
    const answer = await post(event, type);
    expect(answer.json()).toEqual({
      outcome: 'ACCEPTED',
      deliveries: ['a', 'b'].map((job_id) => ({
        job_id,
        trigger_id: 't',
        state: 'STARTED',
        execution_id: expect.stringMatching(/^[0-9a-f]{24}$/),
      })),
      passed_over: [{ job_id: 'm', trigger_id: 't', reason: expect.stringContaining('QUEUE') }],
    });
    expect(await eventIn(answer)).toEqual(event);
    expect((await post(event, type)).json()).toMatchObject({ outcome: 'DUPLICATE', deliveries: [] });
  });

  it('says that an event is held for a batch', async () => {
    const answer = await post(eventOf({ source: 'depot' }));
    expect(answer.json<Answer>().deliveries).toEqual([
      { job_id: 'c', trigger_id: 'c.trigger-1', state: 'BATCHED', execution_id: null },
    ]);
  });

  it('says that nothing takes an event', async () => {
    const answer = await post(eventOf({ source: 'nobody' }));
    expect([answer.statusCode, answer.json()]).toEqual([
      202,
      { outcome: 'UNMATCHED', deliveries: [], passed_over: [] },
    ]);
  });

  it('names everything that is wrong with an event', async () => {
    const answer = await post({ source: '', type: 7, time: 'today', 'no-name': 'x', data: { __proto: 1 } });
    expect(answer.statusCode).toBe(422);
    const { problems } = answer.json<{ problems: { field: string; reason: string; accepted: string }[] }>();
    expect(problems).toEqual(
      expect.arrayContaining([
        { field: 'specversion', reason: 'is required', accepted: '"1.0"' },
        expect.objectContaining({ field: 'id', reason: 'is required' }),
        expect.objectContaining({ field: 'source', reason: 'is below the minimum of 1 characters' }),
        expect.objectContaining({ field: 'type', reason: 'is the number 7' }),
        expect.objectContaining({ field: 'time', reason: 'is not a date and time with an offset' }),
      ]),
    );
    const extension = await post(eventOf({ 'no-name': 'x' }));
    expect(extension.json()).toMatchObject({
      problems: [{ field: 'no-name', reason: 'is no attribute of an event' }],
    });
  });

  it.each([
    ['no JSON', '{"specversion":', JSON_TYPE, 400],
    ['nothing', '', EVENT_TYPE, 400],
    ['a text', '"x"', EVENT_TYPE, 422],
    ['a list', '[]', EVENT_TYPE, 422],
    ['another version', JSON.stringify(eventOf({ specversion: '0.3' })), EVENT_TYPE, 422],
    ['a key that reaches the prototype', `{"__proto__": {"a": 1}}`, EVENT_TYPE, 422],
    [
      'one in its data',
      JSON.stringify(eventOf()).replace('}', ', "data": {"__proto__": 1}}'),
      EVENT_TYPE,
      422,
    ],
    ['half a million brackets', `${'['.repeat(250_000)}${']'.repeat(250_000)}`, EVENT_TYPE, 422],
    [
      'an event of more than 64 KiB',
      JSON.stringify(eventOf({ data: 'x'.repeat(EVENT_BYTES) })),
      EVENT_TYPE,
      413,
    ],
    ['a body of more than 1 MiB', `[${'1,'.repeat(600_000)}1]`, BATCH_TYPE, 413],
    ['a form', 'specversion=1.0', 'application/x-www-form-urlencoded', 415],
    ['a text that is no JSON', JSON.stringify(eventOf()), 'text/plain', 415],
    ['no type', JSON.stringify(eventOf()), undefined, 415],
  ])('refuses %s', async (_name, body, type, status) => {
    const answer = await api.send('POST', '/v1/events', {
      body,
      headers: type === undefined ? { 'content-type': '' } : { 'content-type': type },
    });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toMatchObject({ status, code: expect.stringMatching(/^API_/) });
  });

  describe('in binary mode', () => {
    const attributes = (more: Record<string, string> = {}): Record<string, string> => ({
      'ce-specversion': '1.0',
      'ce-id': `binary-${String(++sent)}`,
      'ce-source': 'shop',
      'ce-type': 'order.placed',
      ...more,
    });

    it('takes the attributes from the headers and the data from the body', async () => {
      const headers = attributes({ 'ce-subject': 'caf%C3%A9%20%22x%22', 'ce-tenant': 'eu' });
      expect(await eventIn(await post('{"n": 1}', 'application/json', headers))).toEqual({
        specversion: '1.0',
        id: headers['ce-id'],
        source: 'shop',
        type: 'order.placed',
        subject: 'café "x"',
        tenant: 'eu',
        datacontenttype: 'application/json',
        data: { n: 1 },
      });
    });

    it.each([
      ['application/vnd.order+json; charset=utf-8', '{"n": 1}', { data: { n: 1 } }],
      ['text/csv', 'a,b', { data: 'a,b' }],
      ['application/octet-stream', 'a,b', { data_base64: 'YSxi' }],
      ['text/plain', '', {}],
    ])('has data of the type %s', async (type, body, data) => {
      const event = await eventIn(await post(body, type, attributes()));
      expect(event).toMatchObject({ datacontenttype: type, ...data });
      expect(Object.keys(event as object).filter((key) => key.startsWith('data'))).toHaveLength(
        1 + Object.keys(data).length,
      );
    });

    it('names what is wrong as it was sent', async () => {
      const { 'ce-id': _id, ...headers } = attributes({ 'ce-time': 'today' });
      const answer = await post('', 'text/plain', headers);
      expect(answer.statusCode).toBe(422);
      const fields = answer.json<{ problems: { field: string }[] }>().problems.map(({ field }) => field);
      expect(fields.sort()).toEqual(['ce-id', 'ce-time']);
      const encoded = await post('', 'text/plain', attributes({ 'ce-subject': '%E0%A4', 'ce-data': 'x' }));
      expect(encoded.json()).toMatchObject({
        problems: expect.arrayContaining([
          expect.objectContaining({ field: 'ce-subject', reason: 'is not percent-encoded' }),
          expect.objectContaining({ field: 'ce-data', reason: 'is no header of an event' }),
        ]),
      });
      expect((await post('{', 'application/json', attributes())).statusCode).toBe(400);
    });
  });

  describe('in batched mode', () => {
    it('answers each event by itself, in order', async () => {
      const good = eventOf();
      const answer = await post(
        [good, { ...eventOf(), id: undefined }, eventOf({ data: 'x'.repeat(EVENT_BYTES) }), good],
        BATCH_TYPE,
      );
      expect(answer.statusCode).toBe(207);
      const { items } = answer.json<{ items: object[] }>();
      expect(items).toEqual([
        expect.objectContaining({ status: 202, outcome: 'ACCEPTED' }),
        expect.objectContaining({ status: 422, problems: [expect.objectContaining({ field: '[1].id' })] }),
        expect.objectContaining({ status: 413, code: 'API_006_PAYLOAD_TOO_LARGE' }),
        expect.objectContaining({ status: 202, outcome: 'DUPLICATE' }),
      ]);
    });

    it('answers 202 where every event was accepted, and for none', async () => {
      const answer = await post([eventOf(), eventOf()], BATCH_TYPE);
      expect([answer.statusCode, answer.json<{ items: object[] }>().items.length]).toEqual([202, 2]);
      const empty = await post([], BATCH_TYPE);
      expect([empty.statusCode, empty.json()]).toEqual([202, { items: [] }]);
    });

    it('takes at most 100, and nothing but a list', async () => {
      const many = Array.from({ length: 101 }, () => eventOf());
      const answer = await post(many, BATCH_TYPE);
      expect([answer.statusCode, answer.json()]).toEqual([
        422,
        expect.objectContaining({ problems: [expect.objectContaining({ reason: 'has 101 events' })] }),
      ]);
      expect((await post(eventOf(), BATCH_TYPE)).statusCode).toBe(422);
      expect((await post(many.slice(1), BATCH_TYPE)).statusCode).toBe(202);
    });
  });
});
