import { formatPath } from '@phi/core';

/** A field that differs between two definitions; what is not there on one side is left out. */
export interface FieldChange {
  /** As schedule.cron_expression or dependencies[1].condition. */
  readonly field: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

type Path = readonly (string | number)[];

/**
 * Where two JSON values differ: the deepest fields that do, in the order of the first value and then of what the second has besides.
 * Members of lists are compared by their places.
 */
export function fieldChanges(before: unknown, after: unknown, path: Path = []): FieldChange[] {
  if (before === after) return [];
  if (!isContainer(before) || !isContainer(after) || Array.isArray(before) !== Array.isArray(after))
    return [changed(path, before, after)];
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return keys.flatMap((key) => {
    const within = [...path, Array.isArray(before) ? Number(key) : key];
    return fieldChanges(memberOf(before, key), memberOf(after, key), within);
  });
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function memberOf(container: object, key: string): unknown {
  return Object.hasOwn(container, key) ? (container as Record<string, unknown>)[key] : undefined;
}

function changed(path: Path, before: unknown, after: unknown): FieldChange {
  return {
    field: formatPath(path),
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  };
}
