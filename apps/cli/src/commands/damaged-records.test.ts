import { afterAll, beforeAll, expect, it } from '@jest/globals';

import { Instance, START_MS } from '../testing/instance.js';

const JOB = { job_id: 'report', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };
const DAMAGED = 'damaged';

let instance: Instance;

beforeAll(async () => {
  instance = await Instance.open('damaged-records');
  await Promise.all(['api', 'recovery'].map((app) => instance.start(app)));
  instance.write('report.json', JSON.stringify(JOB));
  expect((await instance.phi(['apply', 'report.json'])).status).toBe(0);
}, 3 * START_MS);
afterAll(() => instance.close());

/** Waits until recovery has rebuilt something. @returns the execution */
async function rebuilt(): Promise<string> {
  for (;;) {
    const listed = (await instance.json(['damaged-records'])) as { items: { id: string }[] };
    if (listed.items[0] !== undefined) return listed.items[0].id;
  }
}

it(
  'phi damaged-records lists what was rebuilt, and shows what was found in its place',
  async () => {
    expect(await instance.json(['damaged-records'])).toEqual({ items: [] });
    const { run_id } = (await instance.json(['trigger', 'report'])) as { run_id: string };
    await instance.damage(run_id, DAMAGED);
    expect(await rebuilt()).toBe(run_id);
    const { stdout } = await instance.phi(['damaged-records']);
    expect(stdout).toMatch(new RegExp(`${run_id} +${String(DAMAGED.length)}`));
    const shown = await instance.phi(['damaged-records', 'get', run_id]);
    expect(shown).toMatchObject({
      status: 0,
      stdout: expect.stringContaining(Buffer.from(DAMAGED).toString('base64')),
    });
    expect((await instance.phi(['damaged-records', 'get', '0'.repeat(24)])).stderr).toContain('There is no');
  },
  3 * START_MS,
);
