import { deriveId } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  createRoot,
  openFixture,
  planEdge,
  planJob,
  planOf,
  runToEnd,
  type StoreFixture,
} from './testing/store-fixture.js';

describe('ids that the Lua derives', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('ids');
    const executor = { executor_id: 'executor', lease_ms: 600_000, places: 100, information: {} };
    await fixture.stores.leases.register(executor);
  });
  afterEach(() => fixture.close());

  it.each(['b', 'job with spaces', 'ümläut', 'a|b', 'x'.repeat(200)])(
    'of a dependent called %s follow from run, pass and job as deriveId has it',
    async (job) => {
      await fixture.stores.executions.savePlan(planOf('plan', [planJob('a'), planJob(job, [planEdge('a')])]));
      const run = await createRoot(fixture, 'plan', 'a', { execution_id: `root-of-${job}` });
      await runToEnd(fixture, 'executor', run);
      const [, dependent] = await fixture.stores.runs.executions(run);
      expect(dependent).toBe(deriveId('dependent', fixture.namespace, run, '1', job));
      expect(await fixture.stores.executions.get(dependent ?? '')).toMatchObject({
        job_id: job,
        status: 'QUEUED',
      });
    },
  );
});
