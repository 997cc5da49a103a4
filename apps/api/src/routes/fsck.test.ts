import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

interface Slice {
  readonly invariants: readonly { readonly checked: number }[];
  readonly findings: readonly object[];
  readonly next_cursor?: string;
}

describe('POST /v1/fsck', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('fsck');
    const job = { job_id: 'load', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };
    await api.send('POST', '/v1/apply', { body: { jobs: [job] } });
    await api.send('POST', '/v1/jobs/load/trigger', { as: 'operator' });
  });
  afterAll(() => api.close());

  /** Slice by slice, to the end. */
  async function check(body: object): Promise<Slice> {
    const findings: object[] = [];
    let slice: Slice;
    let cursor: string | undefined;
    do {
      const asked = { ...body, ...(cursor === undefined ? {} : { cursor }) };
      slice = (await api.send('POST', '/v1/fsck', { as: 'operator', body: asked })).json<Slice>();
      findings.push(...slice.findings);
      cursor = slice.next_cursor;
    } while (cursor !== undefined);
    return { ...slice, findings };
  }

  it('says what was found, what to do about it, and repairs it when asked to', async () => {
    const { redis, services } = api.open;
    expect((await check({})).findings).toEqual([]);
    await redis.sadd(`phi:{${services.namespace}/0}:slots:global`, 'nobody');
    const found = {
      invariant: 3,
      code: 'SLOT_LEAKED',
      subject: { kind: 'execution', id: 'nobody' },
      detail: 'stands in slots:global and has no record',
      repairable: true,
      repaired: false,
      advice: 'phi fsck --repair: gives the slot back',
    };
    expect((await check({ invariants: [3] })).findings).toEqual([found]);
    expect((await check({ repair: true })).findings).toEqual([{ ...found, repaired: true }]);
    expect((await check({})).findings).toEqual([]);
  });

  it('names what is wrong with a question, and is not for viewers', async () => {
    const wrong = await api.send('POST', '/v1/fsck', { as: 'operator', body: { invariants: [11] } });
    expect(wrong.json()).toMatchObject({ problems: [{ field: 'invariants[0]' }] });
    const stale = await api.send('POST', '/v1/fsck', { as: 'operator', body: { cursor: 'x' } });
    expect(stale.json()).toMatchObject({ status: 400, problems: [{ field: 'cursor' }] });
    expect((await api.send('POST', '/v1/fsck', { as: 'viewer', body: {} })).statusCode).toBe(403);
  });
});
