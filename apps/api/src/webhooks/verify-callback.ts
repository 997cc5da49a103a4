import { createSecretKey, randomBytes } from 'node:crypto';

import { callbackKey, type Clock } from '@phi/core';
import type { FastifyRequest } from 'fastify';

import { rawBodyOf } from '../http/raw-body.js';
import { isSigned, readWebhookHeaders } from './webhook-signature.js';

/** Where nobody is told where to call, nobody can sign. */
const NOBODYS_SECRET = randomBytes(32).toString('base64');

/**
 * Whether a request to /v1/callbacks/{execution_id}/{stage} is signed by the key of that stage of that execution.
 *
 * @param secret - PHI_CALLBACK_SECRET
 */
export function verifyCallback(request: FastifyRequest, secret: string | undefined, clock: Clock): boolean {
  const headers = readWebhookHeaders(request.headers);
  if (headers === undefined) return false;
  const { execution_id, stage } = request.params as { readonly execution_id: string; readonly stage: string };
  const key = createSecretKey(callbackKey(secret ?? NOBODYS_SECRET, execution_id, stage));
  return isSigned(headers, rawBodyOf(request), [key], clock.now());
}
