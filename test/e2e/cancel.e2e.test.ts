import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

let phi: Phi;

beforeEach(async () => {
  phi = await Phi.start({
    executors: 1,
    env: {
      PHI_HANDLERS: handlers('GATED'),
      // The renewal of a lease, which would bring a lost message, is far off.
      EXECUTOR_HEARTBEAT_INTERVAL_SECONDS: '300',
      GRACEFUL_TIMEOUT_SECONDS: '1',
      FORCE_KILL_AFTER_SECONDS: '1',
    },
  });
});
afterEach(async () => {
  await phi.stop();
});

it('stops a body in another process when it is asked to', async () => {
  await phi.api.apply({
    jobs: [{ job_id: 'endless', job_type: 'COMPOSITE', pipeline_modules: ['GATED'] }],
  });
  const runId = await phi.api.trigger('endless', { parameters: { GATED: { gate: 'never-opened' } } });
  const running = await phi.api.running(runId, 'endless');
  const answer = await phi.api.post<{ status: string }>(`/v1/executions/${running.execution_id}/cancel`, {
    reason: 'wrong parameters',
  });
  expect(answer.status).toBe('RUNNING');
  const run = await phi.api.ended(runId);
  expect(run.status).toBe('cancelled');
  const { status, result, history } = await phi.api.execution(running.execution_id);
  expect({ status, code: result?.error_code }).toEqual({ status: 'CANCELLED', code: 'CANCEL_001_REQUESTED' });
  expect(history.at(-1)?.event).toBe('CONFIRM_CANCEL');
  expect(await phi.api.executionsOf('endless')).toHaveLength(1);
});
