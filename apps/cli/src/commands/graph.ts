import { dependencyGraphSchema, formatProblem, type DependencyGraph } from '@phi/core';
import type { Command } from 'commander';

import { CliError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { readDefinitions } from '../definitions/read-definitions.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWord } from '../options.js';
import { graphAsDot, graphAsMermaid, graphAsText } from '../views/graph-view.js';

const FORMATS = ['text', 'mermaid', 'dot', 'json'] as const;
type Format = (typeof FORMATS)[number];

interface Options {
  readonly format?: Format;
}

const WRITERS: Readonly<Record<Format, (graph: DependencyGraph) => string>> = {
  text: graphAsText,
  mermaid: graphAsMermaid,
  dot: graphAsDot,
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
    .action(
      runner.action<[string[]], Options>((context, [files], options) => showGraph(context, files, options)),
    );
  examples(command, [
    'phi graph',
    'phi graph jobs/ -o json',
    'phi graph jobs/ --format dot | dot -Tsvg > jobs.svg',
  ]);
}

async function showGraph(
  context: Context,
  files: readonly string[],
  { format }: Options,
): Promise<ExitStatus> {
  const graph = files.length === 0 ? await registeredGraph(context) : await graphOfFiles(context, files);
  const { output } = context;
  if (format === undefined) output.emit(graph, () => graphAsText(graph));
  else output.line(WRITERS[format](graph));
  return graph.is_valid ? EXIT.ok : EXIT.invalid;
}

async function registeredGraph(context: Context): Promise<DependencyGraph> {
  return context.api().get('/v1/graph', dependencyGraphSchema.loose());
}

/** A graph with a cycle is shown too; with definitions that cannot be read there is none. */
async function graphOfFiles(context: Context, files: readonly string[]): Promise<DependencyGraph> {
  const { graph, problems, warnings } = await readDefinitions(files, context);
  const isReadable = problems.every(({ field }) => field === 'dependencies');
  if (!isReadable)
    throw CliError.invalid([`there are problems in ${files.join(' ')}`, ...problems.map(formatProblem)]);
  for (const problem of problems) context.output.note(formatProblem(problem));
  for (const warning of warnings) context.output.note(`warning: ${formatProblem(warning)}`);
  return dependencyGraphSchema.strip().parse(graph);
}
