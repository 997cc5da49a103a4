import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

let phi: Phi;

beforeAll(async () => {
  // One executor: what crashes and what does not are neighbours.
  phi = await Phi.start({ executors: 1, env: { PHI_HANDLERS: handlers('CRASHING', 'GATED') } });
});
afterAll(async () => {
  await phi.stop();
});

const job = (job_id: string, module: string, parameters: object, more: object = {}): object => ({
  job_id,
  job_type: 'COMPOSITE',
  pipeline_modules: [module],
  parameters: { [module]: parameters },
  ...more,
});

describe('a body that crashes without a word', () => {
  it.each([
    ['segfault', 'EXEC_014_NATIVE_CRASH'],
    ['exit', 'EXEC_036_NO_ANSWER'],
    ['memory', 'EXEC_015_OUT_OF_MEMORY'],
  ])('(%s) is quarantined after three, and harms no neighbour', async (way, code) => {
    const crashing = job(
      `crash-${way}`,
      'CRASHING',
      { way },
      {
        resources: { memory_mb: 200 },
        retry_policy: { max_attempts: 10, initial_delay_seconds: 0, jitter_factor: 0 },
      },
    );
    const neighbour = job(`neighbour-${way}`, 'GATED', { gate: `gate-${way}` });
    await phi.api.apply({ jobs: [crashing, neighbour] });
    const neighbourRun = await phi.api.trigger(`neighbour-${way}`);
    await phi.api.running(neighbourRun, `neighbour-${way}`);
    const run = await phi.api.ended(await phi.api.trigger(`crash-${way}`));
    expect(run.status).toBe('failed');
    expect(run.executions.map(({ status, result }) => [status, result?.error_code])).toEqual([
      ['FAILED', code],
      ['FAILED', code],
      ['FAILED', 'EXEC_035_QUARANTINED'],
    ]);
    await phi.openGate(`gate-${way}`);
    const { status, executions } = await phi.api.ended(neighbourRun);
    expect([status, executions.length]).toEqual(['succeeded', 1]);
  });
});
