import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

let phi: Phi;

beforeEach(async () => {
  phi = await Phi.start({ executors: 1, env: { PHI_HANDLERS: handlers('SAVING_LATE') } });
});
afterEach(async () => {
  await phi.stop();
});

it('a body that is out of time saves where it stands, and its next attempt goes on from there', async () => {
  await phi.api.apply({
    jobs: [
      {
        job_id: 'slow',
        job_type: 'COMPOSITE',
        pipeline_modules: ['SAVING_LATE'],
        // Enough for a process to start on a busy machine.
        timeout_seconds: 8,
        retry_policy: { max_attempts: 2, initial_delay_seconds: 1, jitter_factor: 0 },
      },
    ],
  });
  const runId = await phi.api.trigger('slow');
  expect((await phi.api.ended(runId)).status).toBe('succeeded');
  const first = await phi.api.execution(runId);
  expect(first).toMatchObject({
    status: 'FAILED',
    timeout_error: {
      execution_id: runId,
      timeout_seconds: 8,
      last_heartbeat: expect.any(String),
      checkpoint_available: true,
      termination_method: 'GRACEFUL',
    },
  });
  const second = await phi.api.execution(first.retried_by ?? '');
  expect(second).toMatchObject({ status: 'COMPLETED', result: { outputs: { from: '{"offset":42}' } } });
});

it('what waits in the queue for too long is ended by recovery', async () => {
  await phi.api.apply({
    jobs: [
      {
        job_id: 'stuck',
        job_type: 'COMPOSITE',
        pipeline_modules: ['SAVING_LATE'],
        // More than any machine has: nobody takes it.
        resources: { memory_mb: 16_000_000 },
        queue_timeout_seconds: 1,
        retry_policy: { max_attempts: 1 },
      },
    ],
  });
  const runId = await phi.api.trigger('stuck');
  expect((await phi.api.ended(runId)).status).toBe('failed');
  expect(await phi.api.execution(runId)).toMatchObject({
    status: 'TIMEOUT',
    result: { error_code: 'EXEC_021_QUEUE_TIMEOUT' },
    timeout_error: { timeout_seconds: 1, last_heartbeat: null },
  });
});
