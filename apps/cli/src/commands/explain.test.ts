import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { explanationSchema } from '@phi/core';

import { Instance, START_MS } from '../testing/instance.js';

const JOBS = `
jobs:
  - job_id: load
    job_type: INGESTION
    pipeline_modules: [ALPHA]
    concurrency: { queue_if_running: true }
  - job_id: total
    job_type: TRANSFORMATION
    pipeline_modules: [BETA]
    dependencies: [{ upstream_job_id: load }]
`;

/** No executor runs: what is triggered stays where it is. */
describe('phi explain', () => {
  let instance: Instance;

  beforeAll(async () => {
    instance = await Instance.open('explain');
    instance.write('jobs.yaml', JOBS);
    await instance.start('api');
    expect(await instance.phi(['apply', 'jobs.yaml'])).toMatchObject({ status: 0 });
  }, 3 * START_MS);

  afterAll(() => instance.close());

  const trigger = async (job: string): Promise<string> =>
    ((await instance.json(['trigger', job])) as { readonly execution_id: string }).execution_id;

  it('says it in a sentence first, then what stands behind it, then the way through the rules', async () => {
    const first = await trigger('load');
    const { status, stdout } = await instance.phi(['explain', first]);
    expect(status).toBe(0);
    const lines = stdout.split('\n').map((line) => line.split(/ {2,}/).join(' | '));
    expect(lines[0]).toBe('QUEUED: no executor is alive.');
    expect(lines).toEqual(
      expect.arrayContaining([
        `execution | ${first}`,
        'because | no executor is alive',
        'executors | none',
        'STEP | RULE | VERDICT | TIME | BECAUSE',
      ]),
    );
    expect(stdout).toMatch(/^4 +Skip If Running Check +3 +PASS +\S+Z +it was its turn$/m);
    expect(stdout).toMatch(/^5 +Resource Availability +WAIT +no executor is alive$/m);
  });

  it('names the execution that goes first, and what it depends on', async () => {
    const second = await trigger('load');
    expect((await instance.phi(['explain', second])).stdout).toMatch(
      /^because +another execution of the job goes first \(rule 3\)\nbehind +[0-9a-f]{24}$/m,
    );
    const { stdout } = await instance.phi(['explain', await trigger('total')]);
    expect(stdout).toMatch(/^DEPENDS ON +TYPE +VERDICT +EXECUTION +LATEST +TIMES OUT$/m);
    expect(stdout).toMatch(new RegExp(`^load +SUCCESS +undecided +${second} +PENDING +in `, 'm'));
  });

  it('answers a program as the API does, with -o json', async () => {
    const explanation = await instance.json(['explain', await trigger('total')]);
    expect(explanationSchema.parse(explanation)).toMatchObject({ status: 'PENDING', replay: null });
  });

  it('computes verdicts again, and ends with status 1 where one comes out differently', async () => {
    const id = await trigger('load');
    const same = await instance.phi(['explain', id, '--replay']);
    expect(same).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('computed again: 1, all with the same verdict'),
    });
    await instance.tamper(id, (stored) => stored.replace('HOLD', 'SKIP'));
    const other = await instance.phi(['explain', id, '--replay']);
    expect(other.status).toBe(1);
    expect(other.stdout).toMatch(
      /^computed again: 1, with other verdicts:\nRULE +TIME +KEPT +NOW\n3 +\S+Z +SKIP +HOLD$/m,
    );
  });

  it('ends with status 1 for an execution that is not there', async () => {
    expect(await instance.phi(['explain', 'nothing'])).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining('API_002_NOT_FOUND'),
    });
  });
});
