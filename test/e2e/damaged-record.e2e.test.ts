import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { gatedJob } from './fixture/gated-job.js';
import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

let phi: Phi;
let redis: Redis;

beforeAll(async () => {
  phi = await Phi.start({ executors: 1, env: { PHI_HANDLERS: handlers('GATED', 'BRIEF') } });
  redis = new Redis(phi.redis.url);
});
afterAll(async () => {
  redis.disconnect();
  await phi.stop();
});

describe('a record that is damaged while its body runs', () => {
  it('is rebuilt by recovery: the execution ends, its slot is free, and its dependent is told', async () => {
    const after = {
      job_id: 'after',
      job_type: 'COMPOSITE',
      pipeline_modules: ['BRIEF'],
      dependencies: [{ upstream_job_id: 'gated' }],
    };
    await phi.api.apply({ jobs: [gatedJob('gated'), after] });
    const runId = await phi.api.trigger('gated');
    await phi.api.running(runId, 'gated');
    await redis.setrange(`phi:{e2e/0}:x:${runId}`, 50, 'XXXX');
    const run = await phi.api.ended(runId);
    expect(run.status).toBe('failed');
    expect(
      run.executions
        .map(({ job_id, status }) => [job_id, status])
        .sort(([one = ''], [other = '']) => one.localeCompare(other)),
    ).toEqual([
      ['after', 'CANCELLED'],
      ['gated', 'FAILED'],
    ]);
    // What the body says at its end is refused.
    await phi.openGate('gated');
    const again = await phi.api.trigger('gated');
    expect((await phi.api.ended(again)).status).toBe('succeeded');
    expect((await phi.api.execution(runId)).status).toBe('FAILED');
    expect(await redis.scard('phi:{e2e/0}:slots:global')).toBe(0);
  });
});
