import path from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Instance, START_MS } from '../testing/instance.js';

const JOBS = `
jobs:
  - job_id: noisy
    job_type: COMPOSITE
    pipeline_modules: [NOISY]
    retry_policy: { max_attempts: 2, initial_delay_seconds: 1, jitter_factor: 0, retryable_errors: [EXEC_006_MODULE_FAILED] }
`;

/** Fails at first; what it prints could move the cursor of a terminal. */
const NOISY = `
export const noisy = {
  name: 'NOISY',
  run: async ({ attempt_number, parameters: { lines } }) => {
    for (let n = 1; n <= lines; n++) console.log('\\u001b[2Jattempt ' + attempt_number + ' line ' + n + '\\u0007');
    if (attempt_number === 1) throw new Error('not yet');
    return { records_processed: 0, records_failed: 0 };
  },
};
`;

describe('phi logs', () => {
  let instance: Instance;

  beforeAll(async () => {
    instance = await Instance.open('cli-logs');
    instance.write('jobs.yaml', JOBS);
    instance.write('noisy.mjs', NOISY);
    await instance.start('api');
    await Promise.all([
      instance.start('scheduler'),
      instance.start('executor', { PHI_HANDLERS: `NOISY=${path.join(instance.directory, 'noisy.mjs')}` }),
    ]);
    expect(await instance.phi(['apply', 'jobs.yaml'])).toMatchObject({ status: 0 });
  }, 3 * START_MS);
  afterAll(() => instance.close());

  async function start(lines: number): Promise<string> {
    const args = ['trigger', 'noisy', '--parameters', JSON.stringify({ NOISY: { lines } })];
    return ((await instance.json(args)) as { execution_id: string }).execution_id;
  }

  it('follows an execution from attempt to attempt, shows nothing that a terminal would obey, and ends by itself', async () => {
    const id = await start(2);
    const { status, stdout, stderr } = await instance.phi(['logs', id, '-f']);
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toEqual(['attempt 1 line 1', 'attempt 1 line 2', 'attempt 2 line 1', 'attempt 2 line 2']);
    expect(stderr).toMatch(new RegExp(`^${id} has ended; its next attempt is [0-9a-f]{24}\\n$`));
  });

  it('says how many lines were dropped', async () => {
    const id = await start(2600);
    await instance.phi(['logs', id, '-f']);
    const { stdout, stderr } = await instance.phi(['logs', id]);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(2000);
    expect(lines.at(-1)).toBe('attempt 1 line 2600');
    expect(stderr).toBe('… 600 lines were dropped\n');
    const shown = (await instance.phi(['logs', id, '-o', 'json'])).stdout.split('\n')[0] ?? '';
    expect(JSON.parse(shown)).toMatchObject({ number: 601, stream: 'stdout' });
  });
});
