import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, it } from '@jest/globals';
import type { Execution } from '@phi/core';

import { sourceDirectory } from './expected/data-files.js';
import { expectedDelays } from './expected/expected-delays.js';
import { exampleJobs, laborious, named } from './fixture/example-jobs.js';
import { Phi, SHORTEST_LEASE } from './fixture/phi.js';
import { familyOf, remaining, survivorsOf } from './fixture/process-table.js';
import { expectDelays } from './fixture/written-files.js';

/** Seconds of work for BETA: long enough to be killed in the middle of it on any machine. */
const SIDE = 40_000;

let phi: Phi;

beforeEach(async () => {
  phi = await Phi.start({ executors: 2, env: SHORTEST_LEASE });
});
afterEach(async () => {
  await phi.stop();
});

/** The flights pipeline with nothing changed but how long BETA takes; its reference data comes by hand. */
const applyJobs = async (): Promise<void> => {
  const jobs = await exampleJobs('flights.yaml');
  const { schedule: _schedule, ...airports } = named(jobs, 'airports-ingest');
  const delays = named(jobs, 'delays-by-airport-hour');
  await phi.api.apply({
    jobs: [
      named(jobs, 'flights-ingest'),
      airports,
      { ...delays, parameters: { BETA: laborious(delays.parameters['BETA'], SIDE) } },
      named(jobs, 'delays-report'),
    ],
  });
};

it('a run survives the executor that is killed in the middle of BETA', async () => {
  await applyJobs();
  await phi.api.ended(await phi.api.trigger('airports-ingest', { propagate: true }));
  const runId = await phi.api.trigger('flights-ingest');
  const killed = await phi.api.running(runId, 'delays-by-airport-hour');
  const executor = await phi.holderOf(killed.execution_id);
  const family = await familyOf(executor.pid);
  expect(family.length).toBeGreaterThan(1);

  executor.signal('SIGKILL');
  await executor.ended;

  expect(await remaining(() => survivorsOf(family))).toEqual([]);
  // It did not come to its end by itself: that publishes the batch.
  const batch = `${killed.execution_id}-BETA.parquet`;
  expect(existsSync(join(phi.dataDir, 'batches', killed.job_id, batch))).toBe(false);
  const expected = await expectedDelays(sourceDirectory());
  const run = await phi.api.ended(runId);

  expect(run.status).toBe('succeeded');
  const of = (jobId: string): Execution[] => run.executions.filter(({ job_id }) => job_id === jobId);
  expect(of('delays-by-airport-hour')).toEqual([
    expect.objectContaining({
      execution_id: killed.execution_id,
      status: 'FAILED',
      attempt_number: 1,
      parent_execution_id: null,
      result: expect.objectContaining({ error_code: 'EXEC_012_EXECUTOR_LOST' }),
    }),
    expect.objectContaining({
      status: 'COMPLETED',
      attempt_number: 2,
      parent_execution_id: killed.execution_id,
      run_id: runId,
    }),
  ]);
  for (const jobId of ['flights-ingest', 'delays-report'])
    expect(of(jobId)).toEqual([expect.objectContaining({ status: 'COMPLETED', attempt_number: 1 })]);
  expect(run.executions).toHaveLength(4);
  await expectDelays(phi.outputDir, expected);
});
