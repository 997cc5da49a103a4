import { viewGraph } from '@phi/core';
import { applyDefinitions, planChanges, type Services } from '@phi/engine';

import { atMost } from '../http/at-most.js';
import { invalid } from '../http/http-problem.js';
import type { WebhookSecrets } from '../webhooks/webhook-secrets.js';
import { viewPlannedChanges, type ApplyAnswer } from './apply-answer.js';
import { refusalOf } from './apply-refusal.js';
import { checkDefinitions, type PlaceOfJob } from './check-definitions.js';
import type { DefinitionsBody } from './definitions-body.js';
import { graphWarnings, placesOf } from './graph-problems.js';
import { limitChanges } from './limit-changes.js';
import { unsignedTriggers } from './unsigned-triggers.js';

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
 * @throws HttpProblem 422 with every field that is wrong, or with every cycle; 409 when others changed the jobs all the while
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
  const placeOfNamed = placesOf(definitions, placeOf);
  if (!result.ok) throw await refusalOf(services, result, placeOfNamed);
  if (!dry_run) await services.limits.change(limitChanges(body));
  return {
    dry_run,
    ...(dry_run
      ? viewPlannedChanges(await planChanges(services, { definitions }, result))
      : { changes: [...result.changes] }),
    graph: viewGraph(result.graph),
    warnings: atMost([
      ...warnings,
      ...graphWarnings(result.graph, definitions, placeOfNamed),
      ...unsignedTriggers(definitions, options.webhookSecrets, placeOf),
    ]),
  };
}
