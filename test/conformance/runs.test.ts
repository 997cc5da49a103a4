import { promoteRetries, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

const PERMANENT = 'EXEC_005_INVALID_CONFIG';

describe('runs', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('runs');
    services = fixture.services;
    await fixture.registerExecutor('executor');
  });
  afterEach(() => fixture.close());

  const next = (): string => fixture.admitted.shift() ?? 'nothing admitted';
  const cancel = (execution_id: string) =>
    services.executions.transition({
      event: 'CANCEL',
      execution_id,
      actor: 'tester',
      reason: 'EXEC_008_CANCELLED',
    });

  it('there is none under a name that is not a root’s', async () => {
    await apply(services, [define('a'), define('b', { after: ['a'] })]);
    await trigger(services, 'a');
    await run(services, next(), () => succeedWith());
    const [dependent] = await executionsOf(services, 'b');
    expect(await services.runs.get('nothing')).toBeUndefined();
    expect(await services.runs.get(dependent?.execution_id ?? '')).toBeUndefined();
  });

  describe('of one execution', () => {
    beforeEach(() => apply(services, [define('a', { retry_policy: { max_attempts: 1 } })]));

    it.each([
      ['succeeded', async (id: string) => run(services, id, () => succeedWith())],
      ['failed', async (id: string) => run(services, id, () => failWith(PERMANENT))],
      ['cancelled', cancel],
    ])('%s, from its beginning to its end', async (status, end) => {
      const id = await trigger(services, 'a');
      const created_time = (await recordOf(services, id)).created_time;
      expect(await services.runs.get(id)).toEqual({
        run_id: id,
        job_id: 'a',
        trigger_type: 'MANUAL',
        status: 'running',
        created_time,
        open: 1,
      });
      await end(id);
      expect(await services.runs.get(id)).toMatchObject({
        status,
        open: 0,
        finished_time: (await recordOf(services, id)).completed_time,
      });
      expect(await services.runs.executions(id)).toEqual([id]);
    });
  });

  describe('of many', () => {
    beforeEach(() =>
      apply(services, [
        define('root'),
        define('left', { after: ['root'], retry_policy: { max_attempts: 1 } }),
        define('right', { after: ['root'] }),
        define('join', { after: ['left', 'right'] }),
      ]),
    );

    it('are running until the last execution has ended, and then succeeded', async () => {
      const id = await trigger(services, 'root');
      const statuses = [];
      for (let ran = 0; ran < 4; ran++) {
        statuses.push((await services.runs.get(id))?.status);
        await run(services, next(), () => succeedWith());
      }
      expect(statuses).toEqual(['running', 'running', 'running', 'running']);
      const finished = await services.runs.get(id);
      expect(finished).toMatchObject({ job_id: 'root', status: 'succeeded', open: 0 });
      const [join] = await executionsOf(services, 'join');
      expect(finished?.finished_time).toBe(join?.completed_time);
      const jobs = await services.executions.getMany(await services.runs.executions(id));
      expect(jobs.map(({ job_id }) => job_id).sort()).toEqual(['join', 'left', 'right', 'root']);
      const created = jobs.map(({ created_time }) => created_time);
      expect(created).toEqual([...created].sort((a, b) => a - b));
    });

    it('fail when one of them fails, but not before the others have ended', async () => {
      const id = await trigger(services, 'root');
      await run(services, next(), () => succeedWith());
      const branches = fixture.admitted.splice(0);
      const [left = '', right = ''] = [...branches].sort(
        (a, b) => Number(a === branches[0]) - Number(b === branches[0]),
      );
      const jobOf = async (execution: string) => (await recordOf(services, execution)).job_id;
      const failing = (await jobOf(left)) === 'left' ? left : right;
      await run(services, failing, () => failWith(PERMANENT));
      expect(await services.runs.get(id)).toMatchObject({ status: 'running' });
      await run(services, failing === left ? right : left, () => succeedWith());
      expect(await services.runs.get(id)).toMatchObject({ status: 'failed', open: 0 });
      expect(await executionsOf(services, 'join')).toMatchObject([{ status: 'CANCELLED' }]);
    });

    it('are cancelled when one of them is', async () => {
      const id = await trigger(services, 'root');
      await run(services, next(), () => succeedWith());
      for (const branch of fixture.admitted.splice(0)) await cancel(branch);
      const found = await services.runs.get(id);
      expect(found?.open).toBe(0);
      expect(found?.status).not.toBe('succeeded');
      expect(found?.status).not.toBe('running');
    });

    it('succeed when a retry does what failed first', async () => {
      const retry_policy = {
        max_attempts: 2,
        initial_delay_seconds: 1,
        retryable_errors: ['EXEC_006_MODULE_FAILED'],
      };
      await apply(services, [define('left', { after: ['root'], retry_policy })]);
      const id = await trigger(services, 'root');
      await run(services, next(), () => succeedWith());
      for (const branch of fixture.admitted.splice(0))
        await run(services, branch, ({ definition }) =>
          definition.job_id === 'left' ? failWith('EXEC_006_MODULE_FAILED') : succeedWith(),
        );
      expect(await services.runs.get(id)).toMatchObject({ status: 'running' });
      await fixture.setClockOffset(5000);
      await promoteRetries(services);
      await run(services, next(), () => succeedWith());
      await run(services, next(), () => succeedWith());
      expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
      expect(await services.runs.executions(id)).toHaveLength(5);
    });
  });
});
