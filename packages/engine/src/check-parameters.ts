import type { JobDefinition, JsonObject } from '@phi/core';

/**
 * What is wrong with a trigger's overrides: a locked parameter named (specification: Manual Triggers).
 *
 * @returns a sentence for each problem; empty when the overrides may be used
 */
export function checkParameters(
  definition: JobDefinition,
  overrides: Readonly<Record<string, unknown>>,
): string[] {
  return definition.locked_parameters
    .filter((name) => Object.hasOwn(overrides, name))
    .map((name) => `parameters.${name} is locked by the job and cannot be overridden`);
}

/** A job's defaults with a trigger's overrides over them, at the first level. */
export function mergeParameters(definition: JobDefinition, overrides: string | undefined): JsonObject {
  if (overrides === undefined) return definition.parameters;
  return { ...definition.parameters, ...(JSON.parse(overrides) as JsonObject) };
}
