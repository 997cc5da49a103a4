import type { Problem } from '@phi/core';

/** How many problems an answer names: a body of 1 MiB can have a hundred thousand. */
const NAMED_AT_MOST = 200;

/** The first problems, and how many more there are. */
export function atMost(problems: readonly Problem[]): Problem[] {
  if (problems.length <= NAMED_AT_MOST) return [...problems];
  const more = {
    field: '',
    reason: `has ${String(problems.length - NAMED_AT_MOST)} more problems`,
    accepted: 'the ones above corrected first',
  };
  return [...problems.slice(0, NAMED_AT_MOST), more];
}
