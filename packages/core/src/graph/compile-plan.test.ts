import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compilePlan, connectJobs, type PlannedEdge, type RunPlan } from './compile-plan.js';
import type { GraphDependency, GraphJob } from './graph-job.js';
import { anyJobs, sketch, type JobSketch } from '../testing/graph-arbitraries.js';
import { resolveNaively } from '../testing/naive-resolver.js';

type Upstream = string | readonly [string, GraphDependency['join']];

function job({ on = [], ...rest }: Omit<JobSketch, 'on'> & { readonly on?: readonly Upstream[] }): GraphJob {
  const upstreams = on.map((upstream) =>
    typeof upstream === 'string' ? upstream : { upstream_job_id: upstream[0], join: upstream[1] },
  );
  return sketch({ ...rest, on: upstreams });
}

function planOf(jobs: readonly GraphJob[], root: string): RunPlan {
  return compilePlan(new Map(jobs.map((each) => [each.job_id, each])), connectJobs(jobs), root);
}

/** At least one job, and each edge of a job with an id of its own. */
const registers = anyJobs.filter((jobs) => jobs.length > 0);

/** What a root starts, from the definition: by an edge that starts, from something it starts. */
function reachNaively(jobs: readonly GraphJob[], root: string): Set<string> {
  const gates = new Set(
    jobs.flatMap(({ job_id, dependencies }) =>
      dependencies.filter(({ join }) => join === 'LATEST').map((d) => `${job_id}<${d.upstream_job_id}`),
    ),
  );
  const starts = new Set(
    jobs.flatMap(({ job_id, dependencies }) =>
      dependencies.filter(({ join }) => join !== 'LATEST').map((d) => `${job_id}<${d.upstream_job_id}`),
    ),
  );
  const edges = resolveNaively(jobs).edges.filter(
    ({ from, to, kind }) => kind === 'DATA' || starts.has(`${to}<${from}`) || !gates.has(`${to}<${from}`),
  );
  const started = new Set(jobs.filter((each) => each.started_by_dependencies).map(({ job_id }) => job_id));
  const reached = new Set([root]);
  for (let before = -1; before !== reached.size;) {
    before = reached.size;
    for (const { from, to } of edges) if (reached.has(from) && started.has(to)) reached.add(to);
  }
  return reached;
}

function described(edge: PlannedEdge): string {
  return [edge.upstream_job_id, edge.dependency_id, edge.kind, edge.dependency_type].join();
}

describe('compilePlan', () => {
  it('plans what the root reaches and nothing else', () => {
    fc.assert(
      fc.property(registers, (jobs) => {
        const root = jobs[0]?.job_id ?? '';
        expect(new Set(planOf(jobs, root).jobs.keys())).toEqual(reachNaively(jobs, root));
      }),
      { numRuns: 500 },
    );
  });

  it('calls an edge inside exactly where the run itself decides it, and never one of the root', () => {
    fc.assert(
      fc.property(registers, (jobs) => {
        const root = jobs[0]?.job_id ?? '';
        const plan = planOf(jobs, root);
        const reached = reachNaively(jobs, root);
        for (const [jobId, planned] of plan.jobs) {
          const missing = planned.edges.filter((edge) => edge.missing).map((edge) => edge.upstream_job_id);
          expect(missing.every((id) => !jobs.some(({ job_id }) => job_id === id))).toBe(true);
          expect(
            planned.edges
              .filter((edge) => !edge.missing)
              .map(described)
              .sort(),
          ).toEqual(
            resolveNaively(jobs)
              .edges.filter(({ to }) => to === jobId)
              .map(({ from, dependency_id, kind, type }) => [from, dependency_id, kind, type].join())
              .sort(),
          );
          for (const edge of planned.edges)
            expect(edge.inside).toBe(jobId !== root && reached.has(edge.upstream_job_id));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('lists as dependents those whose inside edges name a job, each once', () => {
    fc.assert(
      fc.property(registers, (jobs) => {
        const plan = planOf(jobs, jobs[0]?.job_id ?? '');
        for (const jobId of plan.jobs.keys()) {
          const waiting = [...plan.jobs].filter(([, { edges }]) =>
            edges.some((edge) => edge.inside && edge.upstream_job_id === jobId),
          );
          expect([...(plan.dependents.get(jobId) ?? [])].sort()).toEqual(waiting.map(([id]) => id).sort());
        }
      }),
      { numRuns: 300 },
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

  it('carries what an edge is decided by', () => {
    const window = { after_seconds: 60, within_seconds: 3600 };
    const jobs = [
      sketch({ job_id: 'a', produces: ['x'] }),
      sketch({ job_id: 'a2', produces: ['x'], on: ['a'] }),
      sketch({ job_id: 'far', produces: ['x'] }),
      sketch({
        job_id: 'b',
        on: [{ upstream_job_id: 'a', condition: 'upstream.result.records_processed > 0', window }],
        consumes: ['x', 'external'],
        produces: ['x'],
        takes: ['a', 'far', 'gone'],
      }),
    ];
    const own = { condition: null, window: null, join: 'NEW', kind: 'DATA' };
    const data = {
      ...own,
      dependency_id: 'b.data.x',
      dependency_type: 'DATA_READY',
      dataset: 'x',
      missing: false,
    };
    const output = { ...own, dependency_type: 'SUCCESS', other_producers: [], inside: false };
    expect(planOf(jobs, 'a').jobs.get('b')?.edges).toEqual([
      {
        ...own,
        dependency_id: 'b.a',
        upstream_job_id: 'a',
        dependency_type: 'SUCCESS',
        condition: 'upstream.result.records_processed > 0',
        window,
        kind: 'TEMPORAL',
        inside: true,
        missing: false,
        other_producers: [],
      },
      { ...data, upstream_job_id: 'a', other_producers: ['a2', 'far'], inside: true },
      { ...data, upstream_job_id: 'a2', other_producers: ['a', 'far'], inside: true },
      { ...data, upstream_job_id: 'far', other_producers: ['a', 'a2'], inside: false },
      { ...output, dependency_id: 'b.output.far', upstream_job_id: 'far', missing: false },
      { ...output, dependency_id: 'b.output.gone', upstream_job_id: 'gone', missing: true },
    ]);
  });

  it('is started by what publishes its data or has its output', () => {
    const jobs = [
      sketch({ job_id: 'a', produces: ['x'] }),
      sketch({ job_id: 'b', consumes: ['x'] }),
      sketch({ job_id: 'c', takes: ['b'] }),
      sketch({ job_id: 'd', consumes: ['x'], gated: true }),
    ];
    expect([...planOf(jobs, 'a').jobs.keys()]).toEqual(['a', 'b', 'c']);
  });

  describe('plan_id', () => {
    const before = [
      job({ job_id: 'a' }),
      job({ job_id: 'b', on: ['a', 'x'], consumes: ['data'] }),
      job({ job_id: 'p', produces: ['data'] }),
      job({ job_id: 'other' }),
    ];
    const id = (jobs: readonly GraphJob[], root = 'a'): string => planOf(jobs, root).plan_id;

    it('stays the same over any order of the jobs and any change of what is not planned', () => {
      expect(id([...before].reverse())).toBe(id(before));
      expect(id([...before.slice(0, 3), job({ job_id: 'other', revision: 2 })])).toBe(id(before));
    });

    it.each([
      ['a revision of the root', [job({ job_id: 'a', revision: 2 }), ...before.slice(1)]],
      [
        'a revision of a dependent',
        [before[0], job({ job_id: 'b', on: ['a', 'x'], consumes: ['data'], revision: 2 }), before[2]],
      ],
      ['a job that is reached now', [...before, job({ job_id: 'c', on: ['b'] })]],
      ['a missing upstream that is registered now', [...before, job({ job_id: 'x' })]],
      ['another producer of a dataset', [...before, job({ job_id: 'p2', produces: ['data'] })]],
      [
        'a dataset that another job publishes',
        [...before.filter(({ job_id }) => job_id !== 'p'), job({ job_id: 'q', produces: ['data'] })],
      ],
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
