import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compileGraph } from './compile-graph.js';
import { criticalPathByDuration } from './critical-path-by-duration.js';
import { acyclicJobs, JOB_IDS, sketch } from '../testing/graph-arbitraries.js';
import { resolveNaively, type NaiveGraph } from '../testing/naive-resolver.js';

const anyDurations = fc
  .array(fc.tuple(fc.constantFrom(...JOB_IDS), fc.nat({ max: 9 })))
  .map((entries) => new Map(entries));

function slowest(graph: NaiveGraph, jobId: string, durations: ReadonlyMap<string, number>): number {
  const before = graph.edges
    .filter(({ to }) => to === jobId)
    .map(({ from }) => slowest(graph, from, durations));
  return Math.max(0, ...before) + (durations.get(jobId) ?? 0);
}

describe('criticalPathByDuration', () => {
  it('is a chain of edges that takes as long as any', () => {
    fc.assert(
      fc.property(acyclicJobs, anyDurations, (jobs, durations) => {
        const path = criticalPathByDuration(compileGraph(jobs), durations);
        const naive = resolveNaively(jobs);
        const takes = path.reduce((sum, jobId) => sum + (durations.get(jobId) ?? 0), 0);
        expect(takes).toBe(Math.max(...jobs.map(({ job_id }) => slowest(naive, job_id, durations))));
        path.slice(1).forEach((to, at) => {
          expect(naive.edges.some((edge) => edge.from === path[at] && edge.to === to)).toBe(true);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('is the critical path by nodes where no duration is known', () => {
    fc.assert(
      fc.property(acyclicJobs, (jobs) => {
        const graph = compileGraph(jobs);
        expect(criticalPathByDuration(graph, new Map())).toEqual(graph.critical_path);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves out what is in a cycle or behind one', () => {
    const graph = compileGraph([
      sketch({ job_id: 'a' }),
      sketch({ job_id: 'x', on: ['y', 'a'] }),
      sketch({ job_id: 'y', on: ['x'] }),
      sketch({ job_id: 'z', on: ['y'] }),
    ]);
    expect(criticalPathByDuration(graph, new Map([['z', 5]]))).toEqual(['a']);
  });
});
