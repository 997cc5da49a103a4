import {
  DEFAULT_CONFIG,
  resolveJobDefinition,
  type AuthoredJobDefinition,
  type StoredPlanEdge,
} from '@phi/core';
import { describe, expect, it } from '@jest/globals';

import { compileCatalog } from './catalog.js';
import { registeredJob } from './registered-job.js';

const CONFIG = { DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS: 300, DEPENDENCY_CYCLE_DETECTION_ENABLED: true };

/** The edges of a job as the plan of a root has them. */
function edgesOf(
  root: string,
  job: string,
  definitions: readonly Partial<AuthoredJobDefinition>[],
): StoredPlanEdge[] {
  const jobs = definitions.map((definition) => {
    const base: AuthoredJobDefinition = { job_id: '', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };
    const resolved = resolveJobDefinition({ ...base, ...definition }, DEFAULT_CONFIG);
    return registeredJob({
      job_id: resolved.job_id,
      revision: 1,
      definition: JSON.stringify(resolved),
      author: 'tester',
      time: 0,
    });
  });
  const byId = new Map(jobs.map((registered) => [registered.job_id, registered]));
  const plan = compileCatalog('graph', byId, CONFIG).planOf(root);
  return [...(plan.jobs.find(({ job_id }) => job_id === job)?.edges ?? [])];
}

describe('storePlan', () => {
  it('has only what the scripts knew before for a plain dependency', () => {
    const jobs = [{ job_id: 'a' }, { job_id: 'b', dependencies: [{ upstream_job_id: 'a' }] }];
    expect(edgesOf('a', 'b', jobs)).toEqual([
      {
        dependency_id: 'b.a',
        upstream_job_id: 'a',
        dependency_type: 'SUCCESS',
        join: 'NEW',
        inside: true,
        skip_on_upstream_skip: true,
      },
    ]);
  });

  it('has the condition and the window, in milliseconds', () => {
    const dependency = {
      upstream_job_id: 'a',
      condition: 'upstream.status == "COMPLETED"',
      window: { after_seconds: 60 },
      skip_on_upstream_skip: false,
      timeout_seconds: 7,
    };
    expect(edgesOf('a', 'b', [{ job_id: 'a' }, { job_id: 'b', dependencies: [dependency] }])).toMatchObject([
      {
        kind: 'TEMPORAL',
        condition: 'upstream.status == "COMPLETED"',
        window: { after_ms: 60_000 },
        skip_on_upstream_skip: false,
        timeout_ms: 7000,
      },
    ]);
  });

  it('has an edge from each producer of a dataset, which names the others', () => {
    const jobs = [
      { job_id: 'a', produces: ['x'] },
      { job_id: 'far', produces: ['x'] },
      {
        job_id: 'b',
        consumes: ['x'],
        dependencies: [{ upstream_job_id: 'gone', skip_on_upstream_skip: false }],
      },
    ];
    const data = {
      dependency_id: 'b.data.x',
      kind: 'DATA',
      dependency_type: 'DATA_READY',
      dataset: 'x',
      join: 'NEW',
      skip_on_upstream_skip: true,
    };
    expect(edgesOf('a', 'b', jobs)).toEqual([
      expect.objectContaining({ upstream_job_id: 'gone', missing: true, skip_on_upstream_skip: false }),
      {
        ...data,
        upstream_job_id: 'a',
        other_producers: ['far'],
        inside: true,
      },
      {
        ...data,
        upstream_job_id: 'far',
        other_producers: ['a'],
        inside: false,
        timeout_ms: 300_000,
      },
    ]);
  });
});
