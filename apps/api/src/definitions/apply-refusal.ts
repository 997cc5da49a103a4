import { formatCycle, formatPath, type GraphIssue } from '@phi/core';
import type { ApplyResult, Services } from '@phi/engine';

import { HttpProblem, invalid } from '../http/http-problem.js';
import { notFoundAmong } from '../http/not-found.js';
import { graphProblems, type PlaceOfNamed } from './graph-problems.js';

type Refused<Refusal extends string> = Extract<ApplyResult, { ok: false; refusal: Refusal }>;

/**
 * What a refused change of definitions is answered with.
 *
 * @param placeOf - where a job stands in what the caller sent
 */
export async function refusalOf(
  services: Services,
  result: Extract<ApplyResult, { ok: false }>,
  placeOf: PlaceOfNamed = (jobId) => [jobId],
): Promise<HttpProblem> {
  switch (result.refusal) {
    case 'INVALID_GRAPH':
      return invalidGraph(result.issues, placeOf);
    case 'TOO_FREQUENT':
      return tooFrequent(result, services.config.SCHEDULER_MAX_FIRINGS_PER_SECOND, placeOf);
    case 'UNKNOWN_JOB': {
      const { jobs } = await services.catalog.current();
      return notFoundAmong('job', 'job_id', result.job_ids.join(', '), jobs.keys());
    }
    case 'CONFLICT':
      return new HttpProblem(409, 'API_003_CONFLICT', {
        detail: 'The jobs were changed by others all the while. Nothing was changed; try again.',
      });
  }
}

function tooFrequent(
  { firings_per_second, most }: Refused<'TOO_FREQUENT'>,
  limit: number,
  placeOf: PlaceOfNamed,
): HttpProblem {
  return new HttpProblem(422, 'SCHED_005_TOO_FREQUENT', {
    detail: `All schedules together would fire at a rate of ${rate(firings_per_second)} a second, above the ${rate(limit)} of SCHEDULER_MAX_FIRINGS_PER_SECOND. Nothing was changed.`,
    problems: most.map(({ job_id, schedule_id, firings_per_second: own }) => ({
      field: formatPath([...placeOf(job_id), 'schedule']),
      reason: `fires at a rate of ${rate(own)} a second`,
      accepted: 'a schedule that fires less often',
      value: schedule_id,
    })),
  });
}

function rate(firingsPerSecond: number): string {
  return String(Number(firingsPerSecond.toPrecision(4)));
}

function invalidGraph(issues: readonly GraphIssue[], placeOf: PlaceOfNamed): HttpProblem {
  const problems = graphProblems(issues, placeOf);
  const cycles = issues.flatMap(({ kind, value }) =>
    kind === 'CYCLE' && typeof value !== 'string' ? [formatCycle(value)] : [],
  );
  if (cycles.length === 0) return invalid(422, problems);
  const circles = cycles.length === 1 ? 'a circle' : `${String(cycles.length)} circles`;
  const named = cycles.slice(0, CYCLES_NAMED_AT_MOST).join('; ');
  return new HttpProblem(422, 'DEP_002_CYCLE_DETECTED', {
    detail: `The jobs depend on each other in ${circles}: ${named}. Remove one dependency of each; nothing was changed.`,
    problems,
  });
}

/** A sentence with more of them would not be read; `problems` has them. */
const CYCLES_NAMED_AT_MOST = 3;
