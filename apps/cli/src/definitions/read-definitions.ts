import {
  compileGraph,
  formatProblem,
  loadDefinitions,
  resolveJobDefinition,
  type CompiledGraph,
  type DefinitionSet,
  type JobDefinition,
  type LoadOptions,
  type Problem,
  type Source,
} from '@phi/core';

import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { findSources } from './find-sources.js';
import { locateDependency } from './locate-dependency.js';

/** What files of definitions hold, and everything that is wrong with it. */
export interface Definitions {
  /** Names of the files read. */
  readonly files: readonly string[];
  /** As their authors wrote it. */
  readonly authored: DefinitionSet;
  /** The jobs with everything filled in. */
  readonly jobs: readonly JobDefinition[];
  readonly graph: CompiledGraph;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Reads and checks definitions; no server is asked. */
export async function readDefinitions(
  names: readonly string[],
  context: Context,
  options: LoadOptions = {},
): Promise<Definitions> {
  const sources = await findSources(names, context);
  const { definitions, problems, warnings } = loadDefinitions(sources, options);
  const { config } = context.environment;
  const jobs = definitions.jobs.map((job) => resolveJobDefinition(job, config));
  const graph = compileGraph(
    jobs.map((job) => ({ ...job, revision: 0, started_by_dependencies: job.trigger_on_dependencies })),
  );
  const cycles = graph.is_valid ? [] : [cycleProblem(graph, sources)];
  const isCycleRefused = config.DEPENDENCY_CYCLE_DETECTION_ENABLED;
  const files = sources.map(({ file }) => file);
  return {
    files,
    authored: definitions,
    jobs,
    graph,
    problems: inReadingOrder(isCycleRefused ? [...problems, ...cycles] : problems, files),
    warnings: inReadingOrder(isCycleRefused ? warnings : [...warnings, ...cycles], files),
  };
}

function inReadingOrder(problems: readonly Problem[], files: readonly string[]): Problem[] {
  const fileOf = ({ file }: Problem): number => (file === undefined ? files.length : files.indexOf(file));
  return [...problems].sort(
    (a, b) => fileOf(a) - fileOf(b) || (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0),
  );
}

/**
 * As `readDefinitions`, for a command that works with valid ones only.
 *
 * @throws CliError with every problem
 */
export async function readValidDefinitions(
  names: readonly string[],
  context: Context,
  options: LoadOptions = {},
): Promise<Definitions> {
  const definitions = await readDefinitions(names, context, options);
  const { problems } = definitions;
  if (problems.length === 0) return definitions;
  const count = problems.length === 1 ? '1 problem' : `${String(problems.length)} problems`;
  throw CliError.invalid([`${count} in ${names.join(' ')}`, ...problems.map(formatProblem)]);
}

/** The cycle where a reader can break it: at the dependency of its first job. */
function cycleProblem({ cycle_path: path }: CompiledGraph, sources: readonly Source[]): Problem {
  const [upstream = '', dependent = ''] = path;
  const reason = `DEP_002_CYCLE_DETECTED: the jobs ${path.join(' -> ')} form a cycle`;
  const accepted = `dependencies without a circle: remove one of these ${String(path.length - 1)}`;
  return { ...locateDependency(sources, dependent, upstream), field: 'dependencies', reason, accepted };
}
