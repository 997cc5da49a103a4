import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Instance, START_MS } from '../testing/instance.js';

const JOB = JSON.stringify({ job_id: 'load', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] });

/** Nothing runs here: what was cancelled is run again, and waits for an executor. */
describe('phi retry and phi cancel, of many', () => {
  let instance: Instance;

  beforeAll(async () => {
    instance = await Instance.open('retry');
    await instance.start('api');
    instance.write('load.json', JOB);
    await instance.json(['apply', 'load.json']);
  }, 3 * START_MS);
  afterAll(() => instance.close());

  const json = async <Answer>(...args: string[]): Promise<Answer> => (await instance.json(args)) as Answer;
  interface Items {
    readonly items: readonly { readonly execution_id: string; readonly outcome: string }[];
  }

  it('name those of a dry run, cancel them, and try them again', async () => {
    const started = await json<{ execution_id: string }>('trigger', 'load');
    const other = await json<{ execution_id: string }>('trigger', 'load');
    const ids = [other.execution_id, started.execution_id];
    const dry = await json<Items>('cancel', '--job', 'load', '--dry-run');
    expect(dry.items.map((item) => [item.execution_id, item.outcome])).toEqual(
      ids.map((id) => [id, 'WOULD']),
    );
    const cancelled = await instance.phi(['cancel', '--job', 'load', '--reason', 'too early']);
    expect([cancelled.status, cancelled.stdout.match(/done/g)]).toEqual([0, ['done', 'done']]);
    const bounded = ['retry', '--job', 'load', '--status', 'cancelled', '--limit', '1', '-o', 'json'];
    const { stdout, stderr } = await instance.phi(bounded);
    expect(stderr).toContain('--limit 1 was reached');
    expect((JSON.parse(stdout) as Items).items).toMatchObject([{ execution_id: ids[0], outcome: 'DONE' }]);
    const [, last = ''] = ids;
    const one = await instance.phi(['retry', last]);
    expect([one.status, one.stdout]).toEqual([0, expect.stringContaining(`in pass 2 of run ${last}`)]);
    expect((await instance.phi(['retry', last])).status).toBe(0);
    expect((await json<Items>('retry', '--job', 'load')).items).toEqual([]);
  });

  it('are seen in what `phi get` shows of an execution', async () => {
    const { execution_id: id } = await json<{ execution_id: string }>('trigger', 'load');
    const { items } = await json<{ items: object[] }>('get', id, '--attempts');
    expect(items).toMatchObject([{ execution_id: id, attempt_number: 1 }]);
    const other = await json<{ execution_id: string }>('trigger', 'load');
    await instance.json(['cancel', id]);
    const { stdout, stderr } = await instance.phi(['get', 'execution', id, '--compare', other.execution_id]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/outcome +status +QUEUED +CANCELLED/);
    expect((await instance.phi(['get', 'job', 'load', '--attempts'])).status).toBe(2);
  });

  it('run a run again by the definitions that are registered now', async () => {
    const { execution_id: id } = await json<{ execution_id: string }>('trigger', 'load');
    await instance.json(['cancel', 'run', id]);
    instance.write('load.json', JOB.replace('{', '{"timeout_seconds": 5, '));
    await instance.json(['apply', 'load.json']);
    expect(await json('rerun', id, '--definitions', 'now')).toMatchObject({ pass: 2, from: ['load'] });
    const { executions } = await json<{ executions: object[] }>('get', 'run', id);
    expect(executions).toMatchObject([{ job_revision: 1 }, { job_revision: 2, status: 'QUEUED' }]);
  });

  it('say what they need to know', async () => {
    const said = async (...args: string[]) => {
      const { status, stderr } = await instance.phi(args);
      return [status, stderr];
    };
    expect(await said('retry')).toEqual([2, expect.stringContaining('nothing to choose executions by')]);
    expect(await said('cancel')).toEqual([2, expect.stringContaining('nothing to choose executions by')]);
    expect(await said('retry', 'x', '--job', 'load')).toEqual([2, expect.stringContaining('either ids or')]);
    expect(await said('retry', 'nothing')).toEqual([1, expect.stringContaining('nothing')]);
    expect(await said('retry', '--since', 'yesterday')).toEqual([2, expect.stringContaining('--since')]);
  });
});
