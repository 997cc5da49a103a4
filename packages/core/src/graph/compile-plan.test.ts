import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import type { GraphDependency, GraphJob } from './compile-graph.js';
import { compilePlan, startEdges, type RunPlan } from './compile-plan.js';

const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

interface Sketch {
  readonly job_id: string;
  readonly on?: readonly (string | readonly [string, GraphDependency['join']])[];
  readonly gated?: boolean;
  readonly revision?: number;
}

function job({ job_id, on = [], gated = false, revision = 1 }: Sketch): GraphJob {
  return {
    job_id,
    revision,
    started_by_dependencies: !gated,
    dependencies: on.map((upstream) => {
      const [upstream_job_id, join] = typeof upstream === 'string' ? ([upstream, 'NEW'] as const) : upstream;
      return {
        dependency_id: `${job_id}.${upstream_job_id}`,
        upstream_job_id,
        dependency_type: 'SUCCESS',
        join,
      };
    }),
  };
}

function planOf(jobs: readonly GraphJob[], root: string): RunPlan {
  return compilePlan(new Map(jobs.map((each) => [each.job_id, each])), startEdges(jobs), root);
}

const sketches: fc.Arbitrary<GraphJob[]> = fc
  .subarray(names, { minLength: 1 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((job_id) =>
        fc.record({
          job_id: fc.constant(job_id),
          on: fc.uniqueArray(
            fc.tuple(
              fc.constantFrom(...names, 'missing'),
              fc.constantFrom<GraphDependency['join']>('NEW', 'EACH', 'LATEST'),
            ),
            { maxLength: 3, selector: ([upstream]) => upstream },
          ),
          gated: fc.boolean(),
        }),
      ),
    ),
  )
  .map((drawn) => drawn.map(job));

/** What a root starts, from the definition: by an edge that starts, from something it starts. */
function reachNaively(jobs: readonly GraphJob[], root: string): Set<string> {
  const reached = new Set([root]);
  for (let before = -1; before !== reached.size;) {
    before = reached.size;
    for (const { job_id, started_by_dependencies, dependencies } of jobs) {
      const starts = dependencies.some((d) => d.join !== 'LATEST' && reached.has(d.upstream_job_id));
      if (started_by_dependencies && starts) reached.add(job_id);
    }
  }
  return reached;
}

describe('compilePlan', () => {
  it('plans what the root reaches and nothing else', () => {
    fc.assert(
      fc.property(sketches, (jobs) => {
        const root = jobs[0]?.job_id ?? '';
        expect(new Set(planOf(jobs, root).jobs.keys())).toEqual(reachNaively(jobs, root));
      }),
      { numRuns: 2000 },
    );
  });

  it('calls an edge inside exactly where the run itself decides it, and never one of the root', () => {
    fc.assert(
      fc.property(sketches, (jobs) => {
        const root = jobs[0]?.job_id ?? '';
        const plan = planOf(jobs, root);
        const reached = reachNaively(jobs, root);
        for (const [jobId, planned] of plan.jobs) {
          expect(planned.edges.map((edge) => edge.dependency_id)).toEqual(
            planned.job.dependencies.map((dependency) => dependency.dependency_id),
          );
          for (const edge of planned.edges)
            expect(edge.inside).toBe(jobId !== root && reached.has(edge.upstream_job_id));
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('lists as dependents those whose inside edges name a job, each once', () => {
    fc.assert(
      fc.property(sketches, (jobs) => {
        const plan = planOf(jobs, jobs[0]?.job_id ?? '');
        for (const jobId of plan.jobs.keys()) {
          const waiting = [...plan.jobs].filter(([, { edges }]) =>
            edges.some((edge) => edge.inside && edge.upstream_job_id === jobId),
          );
          expect([...(plan.dependents.get(jobId) ?? [])].sort()).toEqual(waiting.map(([id]) => id).sort());
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('does not pass a job that a LATEST edge alone connects', () => {
    const jobs = [
      job({ job_id: 'a' }),
      job({ job_id: 'b', on: [['a', 'LATEST']] }),
      job({ job_id: 'c', on: ['b'] }),
    ];
    expect([...planOf(jobs, 'a').jobs.keys()]).toEqual(['a']);
  });

  it('decides a LATEST edge inside the run where the run reaches both of its ends', () => {
    const jobs = [
      job({ job_id: 'a' }),
      job({ job_id: 'b', on: ['a'] }),
      job({ job_id: 'c', on: ['a', ['b', 'LATEST']] }),
    ];
    expect(
      planOf(jobs, 'a')
        .jobs.get('c')
        ?.edges.map((edge) => edge.inside),
    ).toEqual([true, true]);
  });

  it('does not reach a gated job, nor what only that one starts', () => {
    const jobs = [
      job({ job_id: 'a' }),
      job({ job_id: 'b', on: ['a'], gated: true }),
      job({ job_id: 'c', on: ['b'] }),
    ];
    expect([...planOf(jobs, 'a').jobs.keys()]).toEqual(['a']);
    expect([...planOf(jobs, 'b').jobs.keys()]).toEqual(['b', 'c']);
  });

  it('leaves an edge from a missing upstream outside', () => {
    const jobs = [job({ job_id: 'a' }), job({ job_id: 'b', on: ['a', 'gone'] })];
    expect(
      planOf(jobs, 'a')
        .jobs.get('b')
        ?.edges.map((edge) => edge.inside),
    ).toEqual([true, false]);
  });

  it('ends on graphs with a cycle, whose root still waits for nothing of its own run', () => {
    const jobs = [job({ job_id: 'a', on: ['b'] }), job({ job_id: 'b', on: ['a'] })];
    const plan = planOf(jobs, 'a');
    expect([...plan.jobs.keys()]).toEqual(['a', 'b']);
    expect(plan.jobs.get('a')?.edges.map((edge) => edge.inside)).toEqual([false]);
  });

  describe('plan_id', () => {
    const before = [job({ job_id: 'a' }), job({ job_id: 'b', on: ['a', 'x'] }), job({ job_id: 'other' })];
    const id = (jobs: readonly GraphJob[], root = 'a'): string => planOf(jobs, root).plan_id;

    it('stays the same over any order of the jobs and any change of what is not planned', () => {
      expect(id([...before].reverse())).toBe(id(before));
      expect(id([...before.slice(0, 2), job({ job_id: 'other', revision: 2 })])).toBe(id(before));
    });

    it.each([
      ['a revision of the root', [job({ job_id: 'a', revision: 2 }), ...before.slice(1)]],
      ['a revision of a dependent', [before[0], job({ job_id: 'b', on: ['a', 'x'], revision: 2 })]],
      ['a job that is reached now', [...before, job({ job_id: 'c', on: ['b'] })]],
      ['a missing upstream that is registered now', [...before, job({ job_id: 'x' })]],
      ['an outside edge that comes inside', [...before, job({ job_id: 'x', on: ['a'] })]],
    ])('changes with %s', (_what, after) => {
      expect(id(after.filter((each) => each !== undefined))).not.toBe(id(before));
    });

    it('is another for another root over the same jobs', () => {
      const ring = [job({ job_id: 'a', on: ['b'] }), job({ job_id: 'b', on: ['a'] })];
      expect(id(ring, 'a')).not.toBe(id(ring, 'b'));
    });
  });
});
