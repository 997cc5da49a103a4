import {
  dependencyGraphSchema,
  formatProblem,
  graphAround,
  renderDot,
  renderMermaid,
  viewGraph,
  type CompiledGraph,
  type DependencyGraph,
} from '@phi/core';
import type { Command } from 'commander';

import { CliError, usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { readDefinitions } from '../definitions/read-definitions.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWhole, parseWord } from '../options.js';
import { graphAsText } from '../views/graph-view.js';

const FORMATS = ['text', 'mermaid', 'dot', 'json'] as const;
type Format = (typeof FORMATS)[number];

const CRITICAL_PATHS = ['nodes', 'duration'] as const;

interface Options {
  readonly format?: Format;
  readonly job?: string;
  readonly depth?: number;
  readonly criticalPath?: (typeof CRITICAL_PATHS)[number];
}

const WRITERS: Readonly<Record<Format, (graph: DependencyGraph) => string>> = {
  text: graphAsText,
  mermaid: renderMermaid,
  dot: renderDot,
  json: (graph) => JSON.stringify(graph, null, 2),
};

export function addGraph(program: Command, runner: CommandRunner): void {
  const command = program
    .command('graph')
    .summary('show the dependency graph of files, or of the registered jobs')
    .description(
      'Shows how jobs depend on each other (specification: DependencyGraph): of the files given, without a server, or ' +
        'else of the registered jobs. Exit status 2 when the graph is not valid.',
    )
    .argument(
      '[files...]',
      'files, directories with *.yaml, *.yml or *.json in them, or - for standard input',
    )
    .option('--format <format>', `how it is drawn: ${FORMATS.join(', ')}`, parseWord(FORMATS))
    .option('--job <job>', 'only this job, what it waits for and what waits for it')
    .option('--depth <count>', 'with --job: at most so many edges away from it', parseWhole(1, 100_000))
    .option(
      '--critical-path <by>',
      'the chain of most jobs, or of the registered jobs the one that usually takes longest: nodes, duration',
      parseWord(CRITICAL_PATHS),
    )
    .action(
      runner.action<[string[]], Options>((context, [files], options) => showGraph(context, files, options)),
    );
  examples(command, [
    'phi graph',
    'phi graph jobs/ -o json',
    'phi graph jobs/ --format dot | dot -Tsvg > jobs.svg',
    'phi graph --job daily_report --depth 1',
    'phi graph --critical-path duration',
  ]);
}

async function showGraph(context: Context, files: readonly string[], options: Options): Promise<ExitStatus> {
  if (options.depth !== undefined && options.job === undefined)
    throw usageError('--depth', 'counts from a job', '--job besides');
  const graph =
    files.length === 0
      ? await registeredGraph(context, options)
      : await graphOfFiles(context, files, options);
  const { output } = context;
  const { format } = options;
  if (format === undefined) output.emit(graph, () => graphAsText(graph));
  else output.line(WRITERS[format](graph));
  return graph.is_valid ? EXIT.ok : EXIT.invalid;
}

async function registeredGraph(
  context: Context,
  { job, depth, criticalPath }: Options,
): Promise<DependencyGraph> {
  return context.api().get('/v1/graph', dependencyGraphSchema.loose(), {
    ...(job === undefined ? {} : { job }),
    ...(depth === undefined ? {} : { depth }),
    ...(criticalPath === undefined ? {} : { critical_path: criticalPath }),
  });
}

/** A graph with a cycle is shown too; with definitions that cannot be read there is none. */
async function graphOfFiles(
  context: Context,
  files: readonly string[],
  options: Options,
): Promise<DependencyGraph> {
  if (options.criticalPath === 'duration')
    throw usageError('--critical-path', 'duration follows from past runs', 'no FILES, or nodes');
  const { graph, problems, warnings, isReadable } = await readDefinitions(files, context, {
    allowUnsupported: true,
  });
  if (!isReadable)
    throw CliError.invalid([`there are problems in ${files.join(' ')}`, ...problems.map(formatProblem)]);
  for (const problem of problems) context.output.note(formatProblem(problem));
  for (const warning of warnings) context.output.note(`warning: ${formatProblem(warning)}`);
  const view = viewGraph(aroundJob(graph, options));
  return { ...view, graph_id: graph.graph_id };
}

function aroundJob(graph: CompiledGraph, { job, depth = Infinity }: Options): CompiledGraph {
  const around = job === undefined ? graph : graphAround(graph, job, depth);
  if (around === undefined)
    throw usageError('--job', `${String(job)} is in none of these files`, 'a job of them');
  return around;
}
