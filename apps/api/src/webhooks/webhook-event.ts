import { isEventAttribute } from '@phi/core';

import type { WebhookHeaders } from './webhook-signature.js';

const TYPE = 'webhook';

/**
 * The event that a webhook is: its body as the data, and the body's own `type` where it has one.
 *
 * @param source - of the path; triggers name it
 */
export function webhookEvent(
  source: string,
  { id, timestamp }: Pick<WebhookHeaders, 'id' | 'timestamp'>,
  body: unknown,
): Record<string, unknown> {
  return {
    specversion: '1.0',
    id,
    source,
    type: typeOf(body) ?? TYPE,
    time: new Date(Number(timestamp) * 1000).toISOString(),
    data: body,
  };
}

function typeOf(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('type' in body)) return undefined;
  const { type } = body;
  return isEventAttribute(type) ? type : undefined;
}
