import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  createRoot,
  openFixture,
  planJob,
  planOf,
  type StoreFixture,
  setLimits,
} from './testing/store-fixture.js';

describe('transitions that share a call', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('fates');
    await fixture.stores.executions.savePlan(planOf('plan', [planJob('a')]));
    const executor = { executor_id: 'executor', lease_ms: 600_000, places: 200, information: {} };
    await fixture.stores.leases.register(executor);
    await setLimits(fixture, new Map([['global', 200]]));
  });
  afterEach(() => fixture.close());

  const claim = (execution_id: string, nonce = 'n') =>
    fixture.stores.executions.transition({
      event: 'CLAIM',
      execution_id,
      executor_id: 'executor',
      nonce,
      op: nonce,
      actor: 'executor',
      with_record: true,
    });

  it('are each accepted or refused for themselves, with the record of each', async () => {
    const ids = await Promise.all(Array.from({ length: 100 }, () => createRoot(fixture, 'plan', 'a')));
    const asked = ids.flatMap((id, n) => (n % 3 === 0 ? [id, `no-${id}`] : [id]));
    const answers = await Promise.all(asked.map((id) => claim(id)));
    for (const [at, answer] of answers.entries()) {
      const id = asked[at] ?? '';
      if (id.startsWith('no-')) expect(answer).toMatchObject({ ok: false, refusal: 'UNKNOWN_EXECUTION' });
      else expect(answer).toMatchObject({ ok: true, status: 'RUNNING', record: { execution_id: id } });
    }
  });

  it('of one execution come one after another: the first claim wins, a repeated one gets its answer', async () => {
    const id = await createRoot(fixture, 'plan', 'a');
    const answers = await Promise.all([claim(id, 'first'), claim(id, 'second'), claim(id, 'first')]);
    expect(answers).toMatchObject([
      { ok: true, revision: 3, repeated: false, record: { nonce: 'first' } },
      { ok: false, refusal: 'ILLEGAL_TRANSITION', status: 'RUNNING' },
      { ok: true, revision: 3, repeated: true, record: { nonce: 'first' } },
    ]);
  });

  it('go through a whole life in one turn, in the order they were sent', async () => {
    const id = await createRoot(fixture, 'plan', 'a');
    const base = { execution_id: id, nonce: 'n', op: 'n', actor: 'executor' };
    const { executions } = fixture.stores;
    const answers = await Promise.all([
      claim(id),
      executions.transition({ ...base, event: 'SUCCEED', result: '{}' }),
      executions.transition({ ...base, event: 'COMPLETE' }),
    ]);
    expect(answers.map((answer) => answer.ok)).toEqual([true, true, true]);
    expect(await executions.get(id)).toMatchObject({ status: 'COMPLETED', revision: 5, result: '{}' });
  });
});
