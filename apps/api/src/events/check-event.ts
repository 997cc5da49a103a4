import { cloudEventSchema, findProblems, type CloudEvent } from '@phi/core';

import { invalid } from '../http/http-problem.js';

/**
 * The event that somebody sent, checked.
 *
 * @param nameOf - what its sender calls a field
 * @throws HttpProblem 422 with every field that is wrong
 */
export function checkEvent(value: unknown, nameOf: (field: string) => string = (field) => field): CloudEvent {
  const parsed = cloudEventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = findProblems(cloudEventSchema, value);
  throw invalid(
    422,
    problems.map(({ field, reason, accepted }) => ({ field: nameOf(field), reason, accepted })),
  );
}
