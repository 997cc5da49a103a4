import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Instance, START_MS } from '../testing/instance.js';

/** Its upstream is not there: it is skipped as soon as it is triggered. */
const SKIPPED = {
  job_id: 'report',
  job_type: 'OUTPUT',
  pipeline_modules: ['GAMMA'],
  dependencies: [{ upstream_job_id: 'gone' }],
};

interface Items {
  readonly items: readonly { readonly id: string; readonly queue: string; readonly entries: number }[];
}

describe('phi errors and phi dead-letters redrive', () => {
  let instance: Instance;

  beforeAll(async () => {
    instance = await Instance.open('errors');
    await Promise.all(['api', 'scheduler', 'recovery'].map((app) => instance.start(app)));
    instance.write('report.json', JSON.stringify(SKIPPED));
    expect((await instance.phi(['apply', 'report.json'])).status).toBe(0);
  }, 3 * START_MS);
  afterAll(() => instance.close());

  const json = async <Answer>(...args: string[]): Promise<Answer> => (await instance.json(args)) as Answer;

  async function entered(): Promise<string> {
    for (;;) {
      const { items } = await json<Items>('errors', 'dependency', '--job', 'report');
      if (items[0] !== undefined) return items[0].id;
    }
  }

  it('show what a queue holds, try it again, and purge it', async () => {
    await json('trigger', 'report');
    const id = await entered();
    const { items } = await json<Items>('errors');
    expect(items).toContainEqual(expect.objectContaining({ queue: 'phi_dependency_errors', entries: 1 }));
    const listed = await instance.phi(['errors', 'dependency']);
    expect([listed.status, listed.stdout]).toEqual([0, expect.stringContaining('DEP_001_MISSING_UPSTREAM')]);
    const dry = await json<object>('errors', 'retry', 'dependency', '--job', 'report', '--dry-run');
    expect(dry).toEqual({ retried: [{ id, outcome: 'WOULD' }] });
    expect(await json('errors', 'retry', 'dependency', id)).toMatchObject({
      retried: [{ id, outcome: 'RETRIED' }],
    });
    await json('trigger', 'report');
    const other = await entered();
    expect(await json('errors', 'purge', 'dependency', '--code', 'DEP_001_MISSING_UPSTREAM')).toEqual({
      purged: [other],
    });
  });

  it('carry a redrive on to its end', async () => {
    const kind = ['dead-letters', 'redrive', '--kind', '0123456789ab'];
    const followed = await instance.phi([...kind, '--follow', '--reason', 'mended']);
    expect([followed.status, followed.stdout]).toEqual([0, expect.stringMatching(/DONE +0123456789ab/)]);
    const { items } = await json<{ items: readonly { redrive_id: string }[] }>('dead-letters', 'redrives');
    const [redrive] = items;
    expect(await json('dead-letters', 'stop-redrive', redrive?.redrive_id ?? '')).toMatchObject({
      state: 'DONE',
    });
  });

  it.each([
    [['errors', 'other'], 'scheduling, dependency, execution, dead-letter'],
    [['errors', 'purge', 'execution'], '--job'],
    [['dead-letters', 'redrive'], '--kind'],
  ])('%j says what it needs to know', async (args, accepted) => {
    const { status, stderr } = await instance.phi(args);
    expect([status, stderr]).toEqual([2, expect.stringContaining(accepted)]);
  });
});
