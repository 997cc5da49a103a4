import fc from 'fast-check';

import type { GraphDependency, GraphJob } from '../graph/graph-job.js';

/** What a test says of a job; the rest has no part in it. */
export interface JobSketch {
  readonly job_id: string;
  readonly on?: readonly (string | (Partial<GraphDependency> & { readonly upstream_job_id: string }))[];
  readonly consumes?: readonly string[];
  readonly produces?: readonly string[];
  /** Jobs whose outputs it takes. */
  readonly takes?: readonly string[];
  /** Started by a schedule or trigger of its own. */
  readonly gated?: boolean;
  readonly revision?: number;
}

export function sketch({
  job_id,
  on = [],
  consumes = [],
  produces = [],
  takes = [],
  gated = false,
  revision = 1,
}: JobSketch): GraphJob {
  return {
    job_id,
    revision,
    started_by_dependencies: !gated,
    dependencies: on.map((upstream) => ({
      dependency_id: `${job_id}.${typeof upstream === 'string' ? upstream : upstream.upstream_job_id}`,
      dependency_type: 'SUCCESS',
      join: 'NEW',
      condition: null,
      window: null,
      ...(typeof upstream === 'string' ? { upstream_job_id: upstream } : upstream),
    })),
    consumes,
    produces,
    references: takes.map((from, at) => ({ job_id: from, output: 'x', path: [at], start: 0, end: 1 })),
  };
}

export const JOB_IDS = Array.from({ length: 10 }, (_, n) => `job-${String(n)}`);
const DATASETS = ['raw', 'clean', 'daily'];

const dependency = fc.record({
  upstream_job_id: fc.constantFrom(...JOB_IDS, 'missing'),
  dependency_type: fc.constantFrom<GraphDependency['dependency_type']>('SUCCESS', 'COMPLETION', 'DATA_READY'),
  join: fc.constantFrom<GraphDependency['join']>('NEW', 'EACH', 'LATEST'),
  window: fc.option(fc.constant({ within_seconds: 60 }), { freq: 3 }),
});

/** A job with every kind of edge, to itself, to missing ones and twice to the same among them. */
export function jobNamed(job_id: string, most = 2): fc.Arbitrary<GraphJob> {
  return fc
    .record({
      on: fc.array(dependency, { maxLength: most }),
      consumes: fc.array(fc.constantFrom(...DATASETS), { maxLength: 1 }),
      produces: fc.array(fc.constantFrom(...DATASETS), { maxLength: 1 }),
      takes: fc.array(fc.constantFrom(...JOB_IDS, 'missing'), { maxLength: 1 }),
      gated: fc.boolean(),
      revision: fc.integer({ min: 1, max: 3 }),
    })
    .map((drawn) => sketch({ job_id, ...drawn }));
}

/** Registers of up to ten jobs, cyclic ones among them, in any order. */
export const anyJobs: fc.Arbitrary<GraphJob[]> = fc
  .shuffledSubarray(JOB_IDS)
  .chain((ids) => fc.tuple(...ids.map((id) => jobNamed(id))));

/** Graphs without a cycle: every edge goes from an earlier name of a random order to a later one. */
export const acyclicJobs: fc.Arbitrary<GraphJob[]> = fc
  .shuffledSubarray(JOB_IDS, { minLength: 1 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((job_id, at) =>
        fc
          .array(fc.nat({ max: Math.max(0, at - 1) }), { maxLength: at === 0 ? 0 : 4 })
          .map((places) => sketch({ job_id, on: places.map((place) => ids[place] ?? '') })),
      ),
    ),
  );
