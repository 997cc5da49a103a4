import * as z from 'zod';
import { formatPath, type Problem } from '../errors/problem.js';
import { findProblems } from '../errors/zod-problems.js';
import { identifier } from '../schema/field-types.js';
import { authoredJobDefinitionSchema, type AuthoredJobDefinition } from '../schema/job-definition.js';
import { authoredLimitsSchema, type AuthoredLimits } from '../schema/limits.js';
import { moduleBindingSchema, type ModuleBinding } from '../schema/module-binding.js';
import { authoredPoolSchema, type AuthoredPool } from '../schema/pool.js';
import { findParameterProblems, type ParameterSchemas } from './module-parameters.js';
import { readSource, type Source, type SourceDocument } from './source-document.js';
import { findUnsupported } from './unsupported.js';

/** What files of definitions hold, as their authors wrote it. */
export interface DefinitionSet {
  readonly jobs: readonly AuthoredJobDefinition[];
  readonly pools: readonly AuthoredPool[];
  /** Undefined where no file has any. */
  readonly limits: AuthoredLimits | undefined;
  readonly modules: Readonly<Record<string, ModuleBinding>>;
}

export interface LoadResult {
  /** What is valid; apply nothing of it while there are problems. */
  readonly definitions: DefinitionSet;
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  /** Gives what is wrong with a job its place in the files. */
  readonly locate: (problem: JobProblem) => Problem;
}

/** What somebody who looks at all jobs together found wrong with one. */
export interface JobProblem extends Pick<Problem, 'reason' | 'accepted' | 'value'> {
  /** Empty where it is no single one. */
  readonly job_id: string;
  /** Within the job. */
  readonly path: readonly (string | number)[];
}

/** A file of definitions that is more than one job or a list of jobs. */
export const definitionFileSchema = z.strictObject({
  jobs: z.array(authoredJobDefinitionSchema).optional().describe('Job definitions.'),
  pools: z.array(authoredPoolSchema).optional().describe('Resource pools.'),
  limits: authoredLimitsSchema.optional().describe('Limits of the namespace.'),
  modules: z.record(identifier, moduleBindingSchema).optional().describe('What module names stand for.'),
});

export interface LoadOptions {
  /** Takes what this build does not do yet for valid: for readers that run nothing. Default: false. */
  readonly allowUnsupported?: boolean | undefined;
  /** What modules take, by name. Default: anything. */
  readonly parameterSchemas?: ParameterSchemas | undefined;
}

type Path = readonly (string | number)[];

/** Something of a file, and where it stands. */
interface Placed<Value> {
  readonly value: Value;
  readonly document: SourceDocument;
  readonly path: Path;
}

interface Loading {
  readonly options: LoadOptions;
  readonly jobs: Placed<AuthoredJobDefinition>[];
  readonly pools: Placed<AuthoredPool>[];
  readonly limits: Placed<AuthoredLimits>[];
  readonly modules: Placed<{ readonly name: string; readonly binding: ModuleBinding }>[];
  readonly problems: Problem[];
  readonly warnings: Problem[];
}

/**
 * Reads and checks files of definitions: each one job, a list of jobs, or a mapping with jobs, pools, limits and modules,
 * in YAML or JSON, in one document or several.
 *
 * @returns what is valid, and everything that is wrong, each with file, line, column, field, reason and what is accepted
 */
export function loadDefinitions(sources: readonly Source[], options: LoadOptions = {}): LoadResult {
  const loading: Loading = {
    options,
    jobs: [],
    pools: [],
    limits: [],
    modules: [],
    problems: [],
    warnings: [],
  };
  for (const source of sources) loadSource(source, loading);
  refuseRepeated(loading.jobs, ({ job_id }) => job_id, 'job_id', loading.problems);
  refuseRepeated(loading.pools, ({ name }) => name, 'name', loading.problems);
  refuseRepeated(loading.limits, () => 'limits', '', loading.problems);
  refuseRepeated(loading.modules, ({ name }) => name, '', loading.problems);
  return {
    definitions: {
      jobs: loading.jobs.map(({ value }) => value),
      pools: loading.pools.map(({ value }) => value),
      limits: loading.limits[0]?.value,
      modules: Object.fromEntries(loading.modules.map(({ value }) => [value.name, value.binding])),
    },
    problems: loading.problems,
    warnings: loading.warnings,
    locate: locator(loading.jobs),
  };
}

/** A job that is defined twice has the place of the first. */
function locator(jobs: readonly Placed<AuthoredJobDefinition>[]): LoadResult['locate'] {
  const places = new Map(jobs.toReversed().map((job) => [job.value.job_id, job]));
  return ({ job_id, path: within, ...problem }) => {
    const job = places.get(job_id);
    if (job === undefined) return { ...problem, field: formatPath(within) };
    const path = [...job.path, ...within];
    return job.document.locate({ ...problem, path, at: 'VALUE', field: formatPath(path) });
  };
}

function loadSource(source: Source, loading: Loading): void {
  const { documents, problems } = readSource(source);
  loading.problems.push(...problems);
  const filled = documents.filter(({ value }) => value !== null && value !== undefined);
  for (const document of filled) loadDocument(document, loading);
  if (filled.length > 0 || problems.length > 0) return;
  loading.problems.push({
    file: source.file,
    line: 1,
    column: 1,
    field: '',
    reason: 'has no definition',
    accepted: 'a job, a list of jobs, or jobs, pools, limits and modules',
  });
}

function loadDocument(document: SourceDocument, loading: Loading): void {
  const { value } = document;
  if (Array.isArray(value)) loadJobs(document, value, [], loading);
  else if (isFile(value)) loadFile(document, value, loading);
  else loadJob(document, value, [], loading);
}

/** A mapping that says job_id is a job, whatever else it says. */
function isFile(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Object.hasOwn(value, 'job_id')) return false;
  return Object.keys(definitionFileSchema.shape).some((key) => Object.hasOwn(value, key));
}

function loadFile(document: SourceDocument, value: Record<string, unknown>, loading: Loading): void {
  const { jobs, ...rest } = value;
  const found = findProblems(definitionFileSchema, Array.isArray(jobs) ? rest : value);
  loading.problems.push(...found.map((problem) => document.locate(problem)));
  if (Array.isArray(jobs)) loadJobs(document, jobs, ['jobs'], loading);
  if (found.length > 0) return;
  const { pools, limits, modules } = definitionFileSchema.parse(rest);
  pools?.forEach((pool, index) => loading.pools.push({ value: pool, document, path: ['pools', index] }));
  if (limits !== undefined) loading.limits.push({ value: limits, document, path: ['limits'] });
  for (const [name, binding] of Object.entries(modules ?? {}))
    loading.modules.push({ value: { name, binding }, document, path: ['modules', name] });
}

function loadJobs(document: SourceDocument, values: readonly unknown[], path: Path, loading: Loading): void {
  values.forEach((value, index) => {
    loadJob(document, value, [...path, index], loading);
  });
}

function loadJob(document: SourceDocument, value: unknown, path: Path, loading: Loading): void {
  const found = findProblems(authoredJobDefinitionSchema, value, path);
  loading.problems.push(...found.map((problem) => document.locate(problem)));
  const unsupported = loading.options.allowUnsupported === true ? [] : findUnsupported(value);
  for (const { path: within, severity, ...use } of unsupported) {
    const place = [...path, ...within];
    const problem = document.locate({ ...use, path: place, at: 'VALUE', field: formatPath(place) });
    (severity === 'error' ? loading.problems : loading.warnings).push(problem);
  }
  if (found.length > 0) return;
  const job = authoredJobDefinitionSchema.parse(value);
  const ofParameters = findParameterProblems(job, loading.options.parameterSchemas ?? {}, path);
  loading.problems.push(...ofParameters.map((problem) => document.locate(problem)));
  loading.jobs.push({ value: job, document, path });
}

function refuseRepeated<Value>(
  placed: readonly Placed<Value>[],
  nameOf: (value: Value) => string,
  field: string,
  problems: Problem[],
): void {
  const first = new Map<string, Placed<Value>>();
  for (const entry of placed) {
    const name = nameOf(entry.value);
    const path = field === '' ? entry.path : [...entry.path, field];
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, entry);
      continue;
    }
    const earlierPath = field === '' ? earlier.path : [...earlier.path, field];
    const reason = `${name} is defined already at ${earlier.document.placeOf(earlierPath)}`;
    const at = field === '' ? 'KEY' : 'VALUE';
    problems.push(
      entry.document.locate({
        path,
        at,
        field: formatPath(path),
        reason,
        accepted: 'each once',
        value: name,
      }),
    );
  }
}
