import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { compileGraph, type CompiledGraph, type GraphJob } from './compile-graph.js';

/** A job of these tests; the number of its name gives no order by itself. */
function job(job_id: string, upstreams: readonly string[], revision = 1): GraphJob {
  return {
    job_id,
    revision,
    started_by_dependencies: true,
    dependencies: upstreams.map((upstream_job_id) => ({
      dependency_id: `${job_id}.${upstream_job_id}`,
      upstream_job_id,
      dependency_type: 'SUCCESS',
      join: 'NEW',
    })),
  };
}

/** Layers and cycles the slow way, straight from the definition: one layer after the last upstream. */
function resolveNaively(jobs: readonly GraphJob[]): { layerOf: Map<string, number>; acyclic: boolean } {
  const known = new Set(jobs.map(({ job_id }) => job_id));
  const layerOf = new Map<string, number>();
  for (let round = 0; round <= jobs.length; round++) {
    for (const { job_id, dependencies } of jobs) {
      const upstreams = dependencies.map((d) => d.upstream_job_id).filter((id) => known.has(id));
      if (upstreams.every((id) => layerOf.has(id))) {
        layerOf.set(job_id, Math.max(-1, ...upstreams.map((id) => layerOf.get(id) ?? 0)) + 1);
      }
    }
  }
  return { layerOf, acyclic: layerOf.size === jobs.length };
}

const names = Array.from({ length: 12 }, (_, n) => `job-${String(n)}`);

/** Graphs over up to twelve jobs, cyclic ones, missing upstreams, loops and doubled edges among them. */
const anyJobs = fc
  .uniqueArray(fc.constantFrom(...names), { maxLength: 12 })
  .chain((ids) =>
    fc.tuple(
      ...ids.map((id) =>
        fc
          .array(fc.constantFrom(...names, 'missing'), { maxLength: 3 })
          .map((upstreams) => job(id, upstreams)),
      ),
    ),
  );

/** Graphs without a cycle: every edge goes from an earlier name of a random order to a later one. */
const acyclicJobs = fc.shuffledSubarray(names, { minLength: 1 }).chain((ids) =>
  fc.tuple(
    ...ids.map((id, at) =>
      fc.array(fc.nat({ max: Math.max(0, at - 1) }), { maxLength: at === 0 ? 0 : 4 }).map((positions) =>
        job(
          id,
          positions.map((position) => ids[position] ?? ''),
        ),
      ),
    ),
  ),
);

function edgeNames(graph: CompiledGraph): Set<string> {
  return new Set(graph.edges.map(({ from, to }) => `${from} -> ${to}`));
}

function steps(path: readonly string[]): string[] {
  return path.slice(1).map((to, at) => `${path[at] ?? ''} -> ${to}`);
}

describe('compileGraph', () => {
  it('puts every job one layer after its last upstream, as the naive resolver does', () => {
    fc.assert(
      fc.property(anyJobs, (jobs) => {
        const graph = compileGraph(jobs);
        const { layerOf, acyclic } = resolveNaively(jobs);
        expect(graph.is_valid).toBe(acyclic);
        const placed = graph.execution_order.flatMap((members, layer) => members.map((id) => [id, layer]));
        expect(new Map(placed as [string, number][])).toEqual(layerOf);
        expect(placed).toHaveLength(layerOf.size);
      }),
      { numRuns: 2000 },
    );
  });

  it('finds a chain of edges as long as the layers are many', () => {
    fc.assert(
      fc.property(acyclicJobs, (jobs) => {
        const graph = compileGraph(jobs);
        expect(graph.critical_path).toHaveLength(graph.execution_order.length);
        const edges = edgeNames(graph);
        for (const step of steps(graph.critical_path)) expect(edges).toContain(step);
      }),
      { numRuns: 1000 },
    );
  });

  it('names a cycle that is one: its edges exist, it comes back, and it passes no job twice', () => {
    fc.assert(
      fc.property(anyJobs, (jobs) => {
        const graph = compileGraph(jobs);
        if (graph.is_valid) {
          expect(graph.cycle_path).toEqual([]);
          expect(graph.validation_errors).toEqual([]);
          return;
        }
        const [first, ...rest] = graph.cycle_path;
        expect(rest).not.toEqual([]);
        expect(rest.at(-1)).toBe(first);
        expect(new Set(rest).size).toBe(rest.length);
        const edges = edgeNames(graph);
        for (const step of steps(graph.cycle_path)) expect(edges).toContain(step);
        expect(graph.validation_errors.join()).toContain(graph.cycle_path.join(' -> '));
      }),
      { numRuns: 2000 },
    );
  });

  it('is the same whatever the order of the jobs', () => {
    const twoOrders = anyJobs.chain((jobs) =>
      fc.tuple(
        fc.constant(jobs),
        fc.shuffledSubarray([...jobs], { minLength: jobs.length, maxLength: jobs.length }),
      ),
    );
    fc.assert(
      fc.property(twoOrders, ([jobs, shuffled]) => {
        expect(compileGraph(shuffled)).toEqual(compileGraph(jobs));
      }),
    );
  });

  it('is another graph after any revision, addition or removal', () => {
    const before = compileGraph([job('a', []), job('b', ['a'])]).graph_id;
    expect(compileGraph([job('a', [], 2), job('b', ['a'])]).graph_id).not.toBe(before);
    expect(compileGraph([job('a', [])]).graph_id).not.toBe(before);
    expect(compileGraph([job('a', []), job('b', ['a']), job('c', [])]).graph_id).not.toBe(before);
    expect(compileGraph([job('b', ['a']), job('a', [])]).graph_id).toBe(before);
  });

  it('says that a job which depends on itself is a cycle of one', () => {
    expect(compileGraph([job('a', ['a'])])).toMatchObject({ is_valid: false, cycle_path: ['a', 'a'] });
  });

  it('finds the cycle behind jobs that merely wait for it', () => {
    const graph = compileGraph([job('a', ['b']), job('b', ['z']), job('y', ['z']), job('z', ['y'])]);
    expect(new Set(graph.cycle_path)).toEqual(new Set(['y', 'z']));
    expect(graph.execution_order).toEqual([]);
  });

  it('stays valid where an upstream is missing, and leaves the edge out', () => {
    expect(compileGraph([job('a', ['nowhere'])])).toMatchObject({
      is_valid: true,
      edges: [],
      execution_order: [['a']],
    });
  });

  it('of no jobs is valid and empty', () => {
    expect(compileGraph([])).toMatchObject({
      is_valid: true,
      jobs: [],
      execution_order: [],
      critical_path: [],
    });
  });

  it('carries a chain of 100,000 jobs', () => {
    const length = 100_000;
    const id = (n: number): string => `j${String(n).padStart(6, '0')}`;
    const chain = Array.from({ length }, (_, n) => job(id(n), n === 0 ? [] : [id(n - 1)]));
    const graph = compileGraph(chain.reverse());
    expect(graph.is_valid).toBe(true);
    expect(graph.execution_order).toHaveLength(length);
    expect(graph.critical_path[length - 1]).toBe(id(length - 1));
  });

  it('names a cycle of 100,000 jobs', () => {
    const length = 100_000;
    const ring = Array.from({ length }, (_, n) => job(`j${String(n)}`, [`j${String((n + 1) % length)}`]));
    expect(compileGraph(ring).cycle_path).toHaveLength(length + 1);
  });

  it('takes a ladder of diamonds without counting its paths, of which there are 2^500', () => {
    const rungs = Array.from({ length: 500 }, (_, n) => [
      job(`top-${String(n)}`, n === 0 ? [] : [`left-${String(n - 1)}`, `right-${String(n - 1)}`]),
      job(`left-${String(n)}`, [`top-${String(n)}`]),
      job(`right-${String(n)}`, [`top-${String(n)}`]),
    ]).flat();
    const graph = compileGraph(rungs);
    expect(graph.execution_order).toHaveLength(1000);
    expect(graph.execution_order.map((members) => members.length)).toEqual(
      Array.from({ length: 1000 }, (_, layer) => (layer % 2) + 1),
    );
  });
});
