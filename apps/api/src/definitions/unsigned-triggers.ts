import { formatPath, type JobDefinition, type Problem } from '@phi/core';

import type { WebhookSecrets } from '../webhooks/webhook-secrets.js';
import type { PlaceOfJob } from './check-definitions.js';

/** Triggers for webhooks of sources that have no secret here: whatever comes from them is refused. */
export function unsignedTriggers(
  definitions: readonly JobDefinition[],
  secrets: WebhookSecrets,
  placeOf: PlaceOfJob,
): Problem[] {
  return definitions.flatMap(({ triggers }, index) =>
    triggers.flatMap(({ trigger_type, source }, at) => {
      if (trigger_type !== 'WEBHOOK' || secrets.has(source)) return [];
      return [
        {
          field: formatPath([...placeOf(index), 'triggers', at, 'source']),
          reason: 'the API has no secret for this source: its webhooks are refused',
          accepted: 'a source that PHI_WEBHOOK_SECRETS of the API names',
          value: source,
        },
      ];
    }),
  );
}
