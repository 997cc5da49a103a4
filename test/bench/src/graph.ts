import { compileGraph, recompile, type CompiledGraph, type GraphJob } from '@phi/core';

import { median, percentile } from './measure.js';

/** One figure of the resolver, in milliseconds. */
export interface GraphRow {
  readonly name: string;
  readonly jobs: number;
  readonly edges: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  /** The median of processor time, which says more on a machine that others use too. */
  readonly cpu_ms: number;
  readonly budget_ms: number;
}

/** Design: Performance budget. */
const SIZES = [
  { jobs: 10_000, compile_ms: 50 },
  { jobs: 100_000, compile_ms: 500 },
] as const;
const CHANGE_BUDGET_MS = 10;
const CHANGES = 500;
/** How far back the upstreams of a job are. */
const REACH = 1000;

/** Compiles pipelines of many jobs, and validates changes of one. No Redis takes part. */
export function benchGraph({ rounds }: { readonly rounds: number }): GraphRow[] {
  return SIZES.flatMap(({ jobs: count, compile_ms }) => {
    const next = randomNumbers(count);
    const jobs = shuffled(pipeline(count, next), next);
    const size = { jobs: count, edges: compileGraph(jobs).edges.length };
    const compiled = times(rounds, () => compileGraph(jobs).is_valid);
    const listed = times(rounds, () => list(compileGraph(jobs)));
    return [
      row('compile', size, compiled, compile_ms),
      row('... and list all of it', size, listed, compile_ms),
      row('validate a change of one', size, changeTimes(jobs, next, anywhereBefore), CHANGE_BUDGET_MS),
      row('... that may close a cycle', size, changeTimes(jobs, next, anywhere), CHANGE_BUDGET_MS),
    ];
  });
}

interface Timing {
  readonly ms: number;
  readonly cpuMs: number;
}

function row(
  name: string,
  size: Pick<GraphRow, 'jobs' | 'edges'>,
  timings: readonly Timing[],
  budget_ms: number,
): GraphRow {
  const ms = timings.map((timing) => timing.ms);
  const cpu_ms = median(timings.map((timing) => timing.cpuMs));
  return { name, ...size, p50_ms: median(ms), p99_ms: percentile(ms, 0.99), cpu_ms, budget_ms };
}

/** The first call warms up and is not counted. */
function times(rounds: number, work: () => unknown): Timing[] {
  return Array.from({ length: rounds + 1 }, () => timed(work)).slice(1);
}

function timed(work: () => unknown): Timing {
  const cpu = process.cpuUsage();
  const began = performance.now();
  work();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  return { ms, cpuMs: (user + system) / 1000 };
}

function list(graph: CompiledGraph): unknown {
  return [graph.jobs, graph.edges, graph.execution_order, graph.critical_path, graph.validation_errors];
}

/** The place of another upstream for the job at a place. */
type Choose = (place: number, count: number, next: () => number) => number;

const anywhereBefore: Choose = (place, _count, next) => Math.floor(next() * place);
const anywhere: Choose = (_place, count, next) => Math.floor(next() * count);

/** Changes one after another, removals and additions among them; one that closes a cycle is not kept. */
function changeTimes(jobs: readonly GraphJob[], next: () => number, choose: Choose): Timing[] {
  let graph = compileGraph(jobs);
  return Array.from({ length: CHANGES }, () => {
    const place = Math.floor(next() * jobs.length);
    const job_id = idOf(place);
    const upstream = dependency(job_id, idOf(choose(place, jobs.length, next)));
    const removes = next() < 0.1;
    const put = graphJob({ job_id, revision: 2, dependencies: place === 0 ? [] : [upstream] });
    let after = graph;
    const timing = timed(() => {
      after = recompile(graph, removes ? { remove: job_id } : { put });
      return [after.is_valid, after.graph_id];
    });
    if (after.is_valid) graph = after;
    return timing;
  });
}

function idOf(place: number): string {
  return `job-${String(place).padStart(6, '0')}`;
}

/** Jobs with up to four upstreams among those just before them; each tenth produces a dataset that another one consumes. */
function pipeline(count: number, next: () => number): GraphJob[] {
  return Array.from({ length: count }, (_, place) => {
    const job_id = idOf(place);
    const upstreams = Array.from({ length: place === 0 ? 0 : Math.floor(next() * 5) }, () =>
      idOf(Math.max(0, place - 1 - Math.floor(next() * REACH))),
    );
    return graphJob({
      job_id,
      dependencies: [...new Set(upstreams)].map((upstream) => dependency(job_id, upstream)),
      consumes: place % 10 === 9 ? [`dataset-${String(place - 9)}`] : [],
      produces: place % 10 === 0 ? [`dataset-${String(place)}`] : [],
    });
  });
}

function graphJob({
  job_id,
  revision = 1,
  dependencies,
  consumes = [],
  produces = [],
}: Pick<GraphJob, 'job_id' | 'dependencies'> & Partial<GraphJob>): GraphJob {
  return {
    job_id,
    revision,
    started_by_dependencies: true,
    dependencies,
    consumes,
    produces,
    references: [],
  };
}

function dependency(jobId: string, upstream_job_id: string): GraphJob['dependencies'][number] {
  const dependency_id = `${jobId}.${upstream_job_id}`;
  return {
    dependency_id,
    upstream_job_id,
    dependency_type: 'SUCCESS',
    join: 'NEW',
    condition: null,
    window: null,
  };
}

/** As a register gives them: in no order. */
function shuffled<Item>(items: readonly Item[], next: () => number): Item[] {
  return items
    .map((item) => ({ item, at: next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** The same numbers in every run, from 0 to 1 (a linear congruential generator). */
function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
