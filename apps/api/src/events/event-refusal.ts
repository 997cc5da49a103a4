import { EVENT_BYTES, type AcceptResult } from '@phi/core';

import { concurrencyLimit, exhausted, HttpProblem, queueFull } from '../http/http-problem.js';

/** What an event that was not accepted is answered with; nothing was started. */
export function eventRefusal(result: Extract<AcceptResult, { ok: false }>): HttpProblem {
  switch (result.refusal) {
    case 'QUEUE_FULL':
      return queueFull(result.retry_after_seconds);
    case 'CONCURRENCY_LIMIT':
      return concurrencyLimit(result.retry_after_seconds);
    case 'EXHAUSTED':
      return exhausted(result.reason, result.retry_after_seconds);
    case 'EVENT_TOO_LARGE':
      return new HttpProblem(413, 'API_006_PAYLOAD_TOO_LARGE', {
        detail: `An event has at most ${String(EVENT_BYTES / 1024)} KiB, written as JSON.`,
      });
    case 'GRAPH_UNSETTLED':
      return new HttpProblem(409, 'API_003_CONFLICT', {
        detail: 'The jobs were changed by others all the while. Nothing was started; send the event again.',
      });
    case 'UPGRADE_REQUIRED':
      return new HttpProblem(503, 'API_008_UPGRADE_REQUIRED');
    case 'CORRUPT_RECORD':
      return new HttpProblem(500, 'STATE_002_QUEUE_STATE_CORRUPT');
  }
}
