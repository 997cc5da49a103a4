import {
  compileGraph,
  deriveId,
  formatProblem,
  graphJob,
  loadDefinitions,
  resolveJobDefinition,
  type CompiledGraph,
  type DefinitionSet,
  type GraphJob,
  type JobDefinition,
  type LoadOptions,
  type Problem,
} from '@phi/core';
import { PARAMETER_SCHEMAS } from '@phi/modules/parameters';

import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { findSources } from './find-sources.js';
import { graphProblems } from './graph-problems.js';
import { unboundModules } from './unbound-modules.js';

/** What files of definitions hold, and everything that is wrong with it. */
export interface Definitions {
  /** Names of the files read. */
  readonly files: readonly string[];
  /** As their authors wrote it. */
  readonly authored: DefinitionSet;
  /** The jobs with everything filled in. */
  readonly jobs: readonly JobDefinition[];
  readonly graph: CompiledGraph;
  /** Whether each definition is valid by itself; then the graph is that of all of them. */
  readonly isReadable: boolean;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Modules that only executors can know: a warning where definitions are checked, and nothing else. */
  readonly unbound: readonly Problem[];
}

/** Reads and checks definitions; no server is asked. */
export async function readDefinitions(
  names: readonly string[],
  context: Context,
  options: LoadOptions = {},
): Promise<Definitions> {
  const sources = await findSources(names, context);
  const { definitions, problems, warnings, locate } = loadDefinitions(sources, {
    parameterSchemas: PARAMETER_SCHEMAS,
    ...options,
  });
  const { config } = context.environment;
  const jobs = definitions.jobs.map((job) => resolveJobDefinition(job, config));
  const graph = compileGraph(jobs.map(definedJob));
  const ofGraph = graphProblems(graph, locate, config.DEPENDENCY_CYCLE_DETECTION_ENABLED);
  const files = sources.map(({ file }) => file);
  return {
    files,
    authored: definitions,
    jobs,
    graph,
    isReadable: problems.length === 0,
    problems: inReadingOrder([...problems, ...ofGraph.problems], files),
    warnings: inReadingOrder([...warnings, ...ofGraph.warnings], files),
    unbound: unboundModules(definitions, locate),
  };
}

/** Files have no revisions: the contents stand for one, so that other contents are another graph. */
function definedJob(job: JobDefinition): GraphJob {
  return graphJob(job, parseInt(deriveId('definition', JSON.stringify(job)).slice(0, REVISION_DIGITS), 16));
}

/** Hexadecimal digits that make a whole number without loss. */
const REVISION_DIGITS = 13;

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
