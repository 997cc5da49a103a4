import type { JobRequestType } from '@phi/core';
import type { JobCallback, SentJobRequest } from '../../contract/job-request.js';
import type { StageInputs } from '../../contract/module-context.js';
import type { StageCall } from '../stage-connector.js';
import type { RemoteProgress } from './remote-progress.js';

const copyOf = (inputs: StageInputs): SentJobRequest['inputs'] => ({
  stages: Object.fromEntries(
    Object.entries(inputs.stages).map(([stage, outputs]) => [stage, { ...outputs }]),
  ),
  jobs: Object.fromEntries(Object.entries(inputs.jobs).map(([job, outputs]) => [job, { ...outputs }])),
});

/** The request for one stage of one attempt. */
export const jobRequestOf = (
  call: StageCall,
  type: JobRequestType,
  { checkpoint, delivered }: RemoteProgress,
  callback: JobCallback | undefined,
): SentJobRequest => ({
  type,
  parameters: { ...call.parameters },
  execution_context: {
    execution_id: call.execution_id,
    job_id: call.job_id,
    run_id: call.run_id,
    attempt_number: call.attempt_number,
    chain_id: call.chain_id,
    fence: call.fence,
    stage: call.stage,
    ...(call.timeout_seconds === undefined ? {} : { timeout_seconds: call.timeout_seconds }),
  },
  inputs: copyOf(call.inputs),
  resources: { ...call.resources },
  checkpoint_interval_seconds: call.checkpoint_interval_seconds,
  delivered: [...delivered],
  ...(checkpoint === undefined ? {} : { checkpoint }),
  ...(callback === undefined ? {} : { callback }),
});
