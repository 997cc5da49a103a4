import type * as z from 'zod';
import { findProblems, valueAt, type LocatedProblem } from '../errors/zod-problems.js';

/** What modules take as `parameters.<module>`, by name. */
export type ParameterSchemas = Readonly<Record<string, z.ZodType>>;

interface Parameterized {
  readonly pipeline_modules: readonly string[];
  readonly parameters?: Readonly<Record<string, unknown>> | undefined;
}

/** Whether only the execution knows what stands here: a secret, or the output of another job. */
function isDecidedLater(value: unknown): boolean {
  if (typeof value === 'string') return value.includes('${{');
  if (typeof value !== 'object' || value === null) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && keys[0] === 'secret';
}

function placesDecidedLater(value: unknown, path: readonly PropertyKey[] = []): PropertyKey[][] {
  if (isDecidedLater(value)) return [[...path]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    placesDecidedLater(member, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function begins(path: readonly PropertyKey[], beginning: readonly PropertyKey[]): boolean {
  return beginning.every((part, index) => path[index] === part);
}

/**
 * What is wrong with the parameters of the modules that a job names. A trigger replaces those of a module as a whole or not at all, so that
 * those that are there must be right by themselves; those of a module that has none may come with a trigger.
 *
 * @param prefix - path of the job in what its author wrote
 */
export function findParameterProblems(
  { pipeline_modules, parameters = {} }: Parameterized,
  schemas: ParameterSchemas,
  prefix: readonly PropertyKey[] = [],
): LocatedProblem[] {
  return [...new Set(pipeline_modules)].flatMap((module) => {
    const schema = schemas[module];
    if (schema === undefined || !Object.hasOwn(parameters, module)) return [];
    const own = [...prefix, 'parameters', module];
    const later = placesDecidedLater(parameters[module]).map((path) => [...own, ...path]);
    return findProblems(schema, parameters[module], own).filter(
      ({ path }) => !later.some((place) => concerns(path, place, parameters[module], own)),
    );
  });
}

/** Within what is decided later, or a choice between kinds that depends on it. */
function concerns(
  path: readonly PropertyKey[],
  later: readonly PropertyKey[],
  parameters: unknown,
  own: readonly PropertyKey[],
): boolean {
  if (begins(path, later)) return true;
  if (!begins(later, path) || path.length === own.length) return false;
  const holder = valueAt(parameters, path.slice(own.length));
  return typeof holder === 'object' && !Array.isArray(holder);
}
