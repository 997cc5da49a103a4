import { createSecretKey, randomBytes } from 'node:crypto';

import type { Clock } from '@phi/core';
import type { FastifyRequest } from 'fastify';

import { rawBodyOf } from '../http/raw-body.js';
import type { WebhookSecrets } from './webhook-secrets.js';
import { isSigned, readWebhookHeaders } from './webhook-signature.js';

/** What a source that nobody knows is checked against: it takes as long as one that somebody knows. */
const NOBODYS_KEYS = [createSecretKey(randomBytes(32))];

/** Whether a request to /v1/webhooks/{source} is signed by that source. */
export function verifyWebhook(request: FastifyRequest, secrets: WebhookSecrets, clock: Clock): boolean {
  const headers = readWebhookHeaders(request.headers);
  if (headers === undefined) return false;
  const { source } = request.params as { readonly source: string };
  return isSigned(headers, rawBodyOf(request), secrets.get(source) ?? NOBODYS_KEYS, clock.now());
}
