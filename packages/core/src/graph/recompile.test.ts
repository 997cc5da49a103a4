import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compileGraph, type CompiledGraph } from './compile-graph.js';
import type { GraphJob } from './graph-job.js';
import { MAX_GRAPH_EDGES } from './graph-limits.js';
import { recompile, type GraphChange } from './recompile.js';
import { anyJobs, JOB_IDS, jobNamed, sketch } from '../testing/graph-arbitraries.js';

const anyChange: fc.Arbitrary<GraphChange> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(...JOB_IDS, 'missing').chain((id) => jobNamed(id).map((put) => ({ put }))),
  },
  { weight: 1, arbitrary: fc.constantFrom(...JOB_IDS, 'missing').map((remove) => ({ remove })) },
);

function changed(jobs: readonly GraphJob[], change: GraphChange): GraphJob[] {
  const jobId = 'put' in change ? change.put.job_id : change.remove;
  const others = jobs.filter(({ job_id }) => job_id !== jobId);
  return 'put' in change ? [...others, change.put] : others;
}

/** Everything that a graph says; what it is compiled from next is not comparable. */
function all(graph: CompiledGraph): object {
  return { ...graph, state: undefined };
}

describe('recompile', () => {
  it('finds after each of many changes what compiling anew finds', () => {
    fc.assert(
      fc.property(anyJobs, fc.array(anyChange, { maxLength: 12 }), (first, changes) => {
        let jobs = first;
        let graph = compileGraph(jobs);
        for (const change of changes) {
          jobs = changed(jobs, change);
          graph = recompile(graph, change);
          expect(all(graph)).toEqual(all(compileGraph(jobs)));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('leaves the graph before it as it was, from which other changes can follow', () => {
    fc.assert(
      fc.property(anyJobs, anyChange, anyChange, (jobs, one, other) => {
        const graph = compileGraph(jobs);
        const first = recompile(graph, one);
        const second = recompile(graph, other);
        expect(all(second)).toEqual(all(compileGraph(changed(jobs, other))));
        expect(all(first)).toEqual(all(compileGraph(changed(jobs, one))));
        expect(all(graph)).toEqual(all(compileGraph(jobs)));
      }),
      { numRuns: 200 },
    );
  });

  it('finds a dataset, and the consumers that waited for one, when their job comes', () => {
    const graph = compileGraph([
      sketch({ job_id: 'b', consumes: ['x'] }),
      sketch({ job_id: 'c', on: ['a'] }),
    ]);
    expect(graph.edges).toEqual([]);
    const { edges } = recompile(graph, { put: sketch({ job_id: 'a', produces: ['x'] }) });
    expect(edges.map(({ from, to }) => `${from}${to}`)).toEqual(['ab', 'ac']);
  });

  it('goes on for thousands of changes', () => {
    const jobs = Array.from({ length: 50 }, (_, n) => sketch({ job_id: `j${String(n)}` }));
    let graph = compileGraph(jobs);
    for (let n = 0; n < 1000; n++) {
      const put = sketch({
        job_id: `j${String(n % 50)}`,
        on: n % 50 === 0 ? [] : [`j${String((n % 50) - 1)}`],
      });
      graph = recompile(graph, { put });
    }
    expect(graph.critical_path).toHaveLength(50);
    expect(graph.state.index.downstream.targets.length).toBeLessThan(1000);
  });

  it('refuses a change that makes too many edges, and takes them off again', () => {
    const half = Math.sqrt(MAX_GRAPH_EDGES);
    const jobs = Array.from({ length: half }, (_, n) => [
      sketch({ job_id: `p${String(n)}`, produces: ['all'] }),
      sketch({ job_id: `c${String(n)}`, consumes: ['all'] }),
    ]).flat();
    const graph = compileGraph(jobs);
    expect(graph.is_valid).toBe(true);
    const larger = recompile(graph, { put: sketch({ job_id: 'one', consumes: ['all'] }) });
    expect(larger.is_valid).toBe(false);
    expect(recompile(larger, { remove: 'one' })).toMatchObject({ is_valid: true, graph_id: graph.graph_id });
  });
});
