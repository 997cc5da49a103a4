import { formatPath } from '@phi/core';
import { applyDefinitions, type ApplyResult, type Services } from '@phi/engine';

import { atMost } from '../http/at-most.js';
import { HttpProblem, invalid } from '../http/http-problem.js';
import { notFoundAmong } from '../http/not-found.js';
import type { WebhookSecrets } from '../webhooks/webhook-secrets.js';
import type { ApplyAnswer } from './apply-answer.js';
import { checkDefinitions, type PlaceOfJob } from './check-definitions.js';
import type { DefinitionsBody } from './definitions-body.js';
import { unsignedTriggers } from './unsigned-triggers.js';
import { viewGraph } from './graph-view.js';

export interface ApplyOptions {
  readonly author: string;
  /** Answers what would change, and changes nothing. */
  readonly dry_run: boolean;
  /** Where the jobs stand in what the caller sent. Default: in `jobs`. */
  readonly placeOf?: PlaceOfJob;
  /** By source; a trigger for webhooks that nobody can sign is warned of. */
  readonly webhookSecrets: WebhookSecrets;
}

/**
 * Checks a set of definitions and registers it, whole or not at all.
 *
 * @throws HttpProblem 422 with every field that is wrong, or with the cycle; 409 when others changed the jobs all the while
 */
export async function applyBody(
  services: Services,
  body: DefinitionsBody,
  options: ApplyOptions,
): Promise<ApplyAnswer> {
  const { author, dry_run, placeOf = (index: number) => ['jobs', index] } = options;
  const catalog = await services.catalog.current();
  const { definitions, problems, warnings } = checkDefinitions(body, catalog, services.config, placeOf);
  if (problems.length > 0) throw invalid(422, problems);
  const reason = body.reason === undefined ? {} : { reason: body.reason };
  const result = await applyDefinitions(services, { definitions, author, dry_run, ...reason });
  if (!result.ok) {
    const indexOf = (jobId: string): number => body.jobs.findIndex(({ job_id }) => job_id === jobId);
    throw await refusalOf(services, result, (jobId) =>
      indexOf(jobId) < 0 ? [jobId] : placeOf(indexOf(jobId)),
    );
  }
  if (!dry_run) await services.limits.set(limitsOf(body));
  return {
    dry_run,
    changes: [...result.changes],
    graph: viewGraph(result.graph),
    warnings: atMost([...warnings, ...unsignedTriggers(definitions, options.webhookSecrets, placeOf)]),
  };
}

/** Limits by the names that the store has for them; undefined takes one away. */
export function limitsOf({ pools, limits }: DefinitionsBody): Map<string, number | undefined> {
  const named = new Map<string, number | undefined>();
  if (limits?.global_max_concurrent !== undefined) named.set('global', limits.global_max_concurrent);
  for (const [type, limit] of Object.entries(limits?.job_types ?? {})) named.set(`type:${type}`, limit);
  for (const pool of pools ?? []) {
    if (pool.pool_concurrency_limit !== undefined)
      named.set(`pool:${pool.name}`, pool.pool_concurrency_limit ?? undefined);
  }
  return named;
}

type Refused<Refusal extends string> = Extract<ApplyResult, { ok: false; refusal: Refusal }>;

/**
 * What a refused change of definitions is answered with.
 *
 * @param placeOf - where a job stands in what the caller sent
 */
export async function refusalOf(
  services: Services,
  result: Extract<ApplyResult, { ok: false }>,
  placeOf: (jobId: string) => readonly (string | number)[] = (jobId) => [jobId],
): Promise<HttpProblem> {
  switch (result.refusal) {
    case 'CYCLE_DETECTED':
      return cycle(result.cycle_path);
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
  placeOf: (jobId: string) => readonly (string | number)[],
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

function cycle(path: readonly string[]): HttpProblem {
  const drawn = path.join(' -> ');
  return new HttpProblem(422, 'DEP_002_CYCLE_DETECTED', {
    detail: `The jobs depend on each other in a circle: ${drawn}. Remove one of these dependencies; nothing was changed.`,
    problems: [
      {
        field: 'dependencies',
        reason: `form a cycle: ${drawn}`,
        accepted: 'dependencies without a cycle: remove one of them',
        value: [...path],
      },
    ],
  });
}
