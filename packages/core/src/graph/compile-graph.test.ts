import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { dependencyGraphSchema, type DependencyEdge } from '../schema/dependency-graph.js';
import { compileGraph, type CompiledGraph } from './compile-graph.js';
import { MAX_GRAPH_EDGES } from './graph-limits.js';
import { acyclicJobs, anyJobs, sketch } from '../testing/graph-arbitraries.js';
import { resolveNaively } from '../testing/naive-resolver.js';
import { viewGraph } from './view-graph.js';

function edgeNames(graph: CompiledGraph): Set<string> {
  return new Set(graph.edges.map(({ from, to }) => `${from} -> ${to}`));
}

function steps(path: readonly string[]): string[] {
  return path.slice(1).map((to, at) => `${path[at] ?? ''} -> ${to}`);
}

const inOrder = (edges: readonly DependencyEdge[]): string[] =>
  edges.map((edge) => JSON.stringify(edge)).sort();

describe('compileGraph', () => {
  it('has the edges that follow from the definitions, each with its kind and type', () => {
    fc.assert(
      fc.property(anyJobs, (jobs) => {
        expect(inOrder(compileGraph(jobs).edges)).toEqual(inOrder(resolveNaively(jobs).edges));
      }),
      { numRuns: 300 },
    );
  });

  it('puts every job one layer after its last upstream, as the naive resolver does', () => {
    fc.assert(
      fc.property(anyJobs, (jobs) => {
        const graph = compileGraph(jobs);
        const { layerOf, groups } = resolveNaively(jobs);
        expect(graph.is_valid).toBe(groups.length === 0);
        const placed = graph.execution_order.flatMap((members, layer) =>
          members.map((id) => [id, layer] as const),
        );
        expect(new Map(placed)).toEqual(layerOf);
        expect(placed).toHaveLength(layerOf.size);
        for (const members of graph.execution_order) expect(members).toEqual([...members].sort());
      }),
      { numRuns: 500 },
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
      { numRuns: 300 },
    );
  });

  it('finds every group of jobs that wait for each other, and one whole cycle in each', () => {
    fc.assert(
      fc.property(anyJobs, (jobs) => {
        const graph = compileGraph(jobs);
        const groups = graph.cycles.map((group) => group.jobs.join());
        expect(groups).toEqual(
          resolveNaively(jobs)
            .groups.map((group) => [...group].sort().join())
            .sort(),
        );
        const edges = edgeNames(graph);
        for (const { jobs: members, cycle_path } of graph.cycles) {
          const [first, ...rest] = cycle_path;
          expect(rest.at(-1)).toBe(first);
          expect(new Set(rest).size).toBe(rest.length);
          expect(members).toEqual(expect.arrayContaining(rest));
          for (const step of steps(cycle_path)) expect(edges).toContain(step);
          expect(graph.validation_errors.join()).toContain(`the jobs ${cycle_path.join(' → ')} form a cycle`);
        }
        expect(graph.validation_errors).toHaveLength(groups.length);
      }),
      { numRuns: 500 },
    );
  });

  it('knows what is in a cycle or behind one: all that has no layer', () => {
    fc.assert(
      fc.property(anyJobs, (jobs) => {
        const { layerOf } = resolveNaively(jobs);
        const rest = jobs.map(({ job_id }) => job_id).filter((id) => !layerOf.has(id));
        expect(compileGraph(jobs).unrunnable).toEqual(new Set(rest));
      }),
      { numRuns: 300 },
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

  it('is a DependencyGraph as the specification has it', () => {
    fc.assert(
      fc.property(anyJobs, (jobs) => {
        expect(dependencyGraphSchema.safeParse(viewGraph(compileGraph(jobs))).success).toBe(true);
      }),
    );
    const jobs = [
      sketch({ job_id: 'a', produces: ['s3://lake/raw:v1'] }),
      sketch({ job_id: 'b', consumes: ['s3://lake/raw:v1'] }),
    ];
    expect(dependencyGraphSchema.parse(viewGraph(compileGraph(jobs))).edges).toHaveLength(1);
  });

  it('is another graph after any revision, addition or removal', () => {
    const before = compileGraph([sketch({ job_id: 'a' }), sketch({ job_id: 'b', on: ['a'] })]).graph_id;
    const [a, b] = [sketch({ job_id: 'a' }), sketch({ job_id: 'b', on: ['a'] })];
    expect(compileGraph([sketch({ job_id: 'a', revision: 2 }), b]).graph_id).not.toBe(before);
    expect(compileGraph([a]).graph_id).not.toBe(before);
    expect(compileGraph([a, b, sketch({ job_id: 'c' })]).graph_id).not.toBe(before);
    expect(compileGraph([b, a]).graph_id).toBe(before);
  });

  describe('of data', () => {
    it('makes one dependency of a dataset, with an edge from each of its producers', () => {
      const { edges, is_valid } = compileGraph([
        sketch({ job_id: 'eu', produces: ['orders'] }),
        sketch({ job_id: 'us', produces: ['orders', 'orders'] }),
        sketch({ job_id: 'report', consumes: ['orders', 'weather'] }),
      ]);
      const edge = { to: 'report', dependency_id: 'report.data.orders', kind: 'DATA', type: 'DATA_READY' };
      expect(edges).toEqual([
        { ...edge, from: 'eu' },
        { ...edge, from: 'us' },
      ]);
      expect(is_valid).toBe(true);
    });

    it('does not let a job wait for what it produces itself, and warns of it', () => {
      const { edges, is_valid, issues } = compileGraph([
        sketch({ job_id: 'a', consumes: ['totals'], produces: ['totals'] }),
        sketch({ job_id: 'b', produces: ['totals'] }),
      ]);
      expect(edges.map(({ from, to }) => [from, to])).toEqual([['b', 'a']]);
      expect(is_valid).toBe(true);
      expect(issues).toEqual([
        { kind: 'OWN_DATASET', severity: 'warning', job_id: 'a', path: ['consumes', 0], value: 'totals' },
      ]);
    });

    it('waits for the job whose output it takes, unless it is declared already', () => {
      const { edges } = compileGraph([
        sketch({ job_id: 'a' }),
        sketch({ job_id: 'b', on: [{ upstream_job_id: 'a', dependency_type: 'COMPLETION' }], takes: ['a'] }),
        sketch({ job_id: 'c', takes: ['a', 'a', 'b'] }),
      ]);
      expect(edges.map(({ dependency_id, kind, type }) => [dependency_id, kind, type])).toEqual([
        ['b.a', 'DECLARED', 'COMPLETION'],
        ['c.output.a', 'DATA', 'SUCCESS'],
        ['c.output.b', 'DATA', 'SUCCESS'],
      ]);
    });

    it('closes a cycle with edges of different kinds', () => {
      const { cycles } = compileGraph([
        sketch({ job_id: 'a', takes: ['c'], produces: ['x'] }),
        sketch({ job_id: 'b', consumes: ['x'] }),
        sketch({ job_id: 'c', on: [{ upstream_job_id: 'b', window: { after_seconds: 5 } }] }),
      ]);
      expect(cycles).toEqual([{ jobs: ['a', 'b', 'c'], cycle_path: ['a', 'b', 'c', 'a'] }]);
    });
  });

  describe('issues', () => {
    it('are all there at once, and only cycles make the graph invalid', () => {
      const graph = compileGraph([
        sketch({ job_id: 'a', on: ['b'] }),
        sketch({ job_id: 'b', on: ['a'] }),
        sketch({ job_id: 'c', on: ['c', 'gone'], takes: ['lost'] }),
        sketch({ job_id: 'd', on: [{ upstream_job_id: 'a', dependency_id: 'd.data.x' }], consumes: ['x'] }),
      ]);
      expect(
        graph.issues.map(({ kind, job_id, path, value }) => [kind, job_id, path.join('.'), value]),
      ).toEqual([
        ['CYCLE', 'b', 'dependencies.0.upstream_job_id', ['a', 'b', 'a']],
        ['CYCLE', 'c', 'dependencies.0.upstream_job_id', ['c', 'c']],
        ['MISSING_UPSTREAM', 'c', 'dependencies.1.upstream_job_id', 'gone'],
        ['UNKNOWN_REFERENCE', 'c', 'parameters.0', 'lost'],
        ['REPEATED_DEPENDENCY', 'd', 'consumes.0', 'd.data.x'],
      ]);
      expect(graph.validation_errors).toEqual([
        'DEP_002_CYCLE_DETECTED: the jobs a → b → a form a cycle',
        'DEP_002_CYCLE_DETECTED: the jobs c → c form a cycle',
      ]);
      expect([...graph.unrunnable]).toEqual(['a', 'b', 'c', 'd']);
    });

    it('name a missing upstream, and leave the graph valid and the edge out', () => {
      const graph = compileGraph([sketch({ job_id: 'a', on: ['nowhere'] })]);
      expect(graph).toMatchObject({
        is_valid: true,
        edges: [],
        execution_order: [['a']],
        validation_errors: [],
      });
      expect(graph.issues).toMatchObject([{ kind: 'MISSING_UPSTREAM', severity: 'warning' }]);
    });

    it('say how many jobs are in the group of a cycle besides', () => {
      const { validation_errors } = compileGraph([
        sketch({ job_id: 'a', on: ['b', 'c'] }),
        sketch({ job_id: 'b', on: ['a'] }),
        sketch({ job_id: 'c', on: ['b'] }),
      ]);
      expect(validation_errors).toEqual([
        'DEP_002_CYCLE_DETECTED: the jobs a → b → a form a cycle; 1 more wait for them and are waited for',
      ]);
    });

    it('name a job that is given twice; the first one counts', () => {
      const graph = compileGraph([
        sketch({ job_id: 'b', on: ['a'] }),
        sketch({ job_id: 'b' }),
        sketch({ job_id: 'a' }),
      ]);
      expect(graph.jobs).toEqual(['a', 'b']);
      expect(graph.edges).toHaveLength(1);
      expect(graph.issues).toMatchObject([{ kind: 'REPEATED_JOB', job_id: 'b' }]);
    });

    it('refuse more edges than a graph may have, before they are listed', () => {
      const half = Math.sqrt(MAX_GRAPH_EDGES) + 1;
      const jobs = Array.from({ length: half }, (_, n) => [
        sketch({ job_id: `p${String(n)}`, produces: ['all'] }),
        sketch({ job_id: `c${String(n)}`, consumes: ['all'] }),
      ]).flat();
      const graph = compileGraph(jobs);
      expect(graph).toMatchObject({ is_valid: false, edges: [], execution_order: [] });
      expect(graph.validation_errors).toEqual(['has 2002 jobs and 1002001 edges']);
    });
  });

  it('says that a job which depends on itself is a cycle of one', () => {
    expect(compileGraph([sketch({ job_id: 'a', on: ['a'] })])).toMatchObject({
      is_valid: false,
      cycles: [{ jobs: ['a'], cycle_path: ['a', 'a'] }],
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

  describe('of 100,000 jobs', () => {
    const length = 100_000;
    const id = (n: number): string => `j${String(n).padStart(6, '0')}`;

    it('carries a chain', () => {
      const chain = Array.from({ length }, (_, n) =>
        sketch({ job_id: id(n), on: n === 0 ? [] : [id(n - 1)] }),
      );
      const graph = compileGraph(chain.reverse());
      expect(graph.is_valid).toBe(true);
      expect(graph.execution_order).toHaveLength(length);
      expect(graph.critical_path[length - 1]).toBe(id(length - 1));
    });

    it('names a cycle of them all, and those behind it', () => {
      const ring = Array.from({ length: length - 1 }, (_, n) =>
        sketch({ job_id: id(n), on: [id(n === 0 ? length - 2 : n - 1)] }),
      );
      const graph = compileGraph([...ring, sketch({ job_id: 'behind', on: [id(0)] })]);
      expect(graph.cycles[0]?.cycle_path).toHaveLength(length);
      expect(graph.unrunnable.size).toBe(length);
    });
  });

  it('takes a ladder of diamonds without counting its paths, of which there are 2^500', () => {
    const rungs = Array.from({ length: 500 }, (_, n) => [
      sketch({
        job_id: `top-${String(n)}`,
        on: n === 0 ? [] : [`left-${String(n - 1)}`, `right-${String(n - 1)}`],
      }),
      sketch({ job_id: `left-${String(n)}`, on: [`top-${String(n)}`] }),
      sketch({ job_id: `right-${String(n)}`, on: [`top-${String(n)}`] }),
    ]).flat();
    const graph = compileGraph(rungs);
    expect(graph.execution_order).toHaveLength(1000);
    expect(graph.execution_order.map((members) => members.length)).toEqual(
      Array.from({ length: 1000 }, (_, layer) => (layer % 2) + 1),
    );
  });
});
