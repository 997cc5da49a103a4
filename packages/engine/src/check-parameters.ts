import {
  compileParameterSchema,
  formatPath,
  type JobDefinition,
  type JsonObject,
  type Problem,
} from '@phi/core';

/**
 * What keeps an execution from having the parameters that a trigger of any kind brings: overrides of locked parameters, then
 * what the job's parameter_schema says of the defaults with the overrides over them (specification: Manual Triggers).
 *
 * @param overrides - merged over the job's defaults at the first level; empty for a trigger that brings none
 * @returns empty when the execution may be created
 */
export function checkParameters(
  definition: JobDefinition,
  overrides: Readonly<Record<string, unknown>>,
): Problem[] {
  return [...lockedOverrides(definition, overrides), ...schemaProblems(definition, overrides)];
}

function lockedOverrides(
  { locked_parameters }: JobDefinition,
  overrides: Readonly<Record<string, unknown>>,
): Problem[] {
  return locked_parameters
    .filter((name) => Object.hasOwn(overrides, name))
    .map((name) => ({
      field: formatPath(['parameters', name]),
      reason: 'is locked by the job and cannot be overridden',
      accepted: 'the parameter left out',
    }));
}

function schemaProblems(
  { parameters, parameter_schema }: JobDefinition,
  overrides: Readonly<Record<string, unknown>>,
): Problem[] {
  if (parameter_schema === null) return [];
  const compiled = compileParameterSchema(parameter_schema);
  // A definition with a bad schema is not registered, unless by a build that was less strict.
  const [place, problems] = compiled.ok
    ? (['parameters', compiled.schema.check({ ...parameters, ...overrides })] as const)
    : (['parameter_schema', compiled.problems] as const);
  return problems.map(({ path, reason, accepted }) => ({
    field: formatPath([place, ...path]),
    reason,
    accepted,
  }));
}

/**
 * A job's defaults with a trigger's overrides over them, at the first level.
 *
 * @param overrides - JSON text; left out when there are none
 * @param fillIn - applied to the defaults that are not overridden
 */
export function mergeParameters(
  { parameters }: JobDefinition,
  overrides: string | undefined,
  fillIn: (defaults: JsonObject) => JsonObject = (defaults) => defaults,
): JsonObject {
  if (overrides === undefined) return fillIn(parameters);
  const given = JSON.parse(overrides) as JsonObject;
  const left = Object.entries(parameters).filter(([name]) => !Object.hasOwn(given, name));
  return { ...fillIn(Object.fromEntries(left)), ...given };
}
