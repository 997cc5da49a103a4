import { PhiError } from '@phi/core';
import { Webhook } from 'standardwebhooks';
import { request, type Dispatcher } from 'undici';
import type { WebhookDestination } from '../../contract/destination.js';
import { connectionFailure, statusFailure } from '../../http/http-failure.js';
import { retryAfterSeconds } from './retry-after.js';

export interface WebhookMessage {
  /** The same in every attempt, so that a receiver can drop what it has. */
  readonly id: string;
  readonly body: string;
}

/** How a message was answered: with success, or with the request to come back later. */
export type WebhookAnswer =
  | { readonly kind: 'acknowledged'; readonly status: number }
  | { readonly kind: 'later'; readonly after_seconds: number; readonly failure: PhiError };

export interface WebhookCall {
  readonly destination: Pick<WebhookDestination, 'url' | 'secret' | 'timeout_seconds'>;
  readonly dispatcher: Dispatcher;
  /** The destination's path in the parameters. */
  readonly field: string;
  readonly signal: AbortSignal;
}

/** A receiver's text can be anything and any length; it is read so that the connection can be used again, and dropped. */
const DISCARDED_BYTES = 64 * 1024;

const headersOf = ({ id, body }: WebhookMessage, secret: string): Record<string, string> => {
  const now = new Date();
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign(id, now, body),
  };
};

const post = async (
  { destination, dispatcher }: WebhookCall,
  message: WebhookMessage,
  signal: AbortSignal,
): Promise<{ status: number; retryAfter: string | undefined }> => {
  const { statusCode, headers, body } = await request(destination.url, {
    method: 'POST',
    headers: headersOf(message, destination.secret),
    body: message.body,
    dispatcher,
    signal,
  });
  await body.dump({ limit: DISCARDED_BYTES });
  const retryAfter = headers['retry-after'];
  return { status: statusCode, retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined };
};

const unanswered = (url: string, seconds: number): PhiError =>
  new PhiError('EXEC_018_CONNECTION_FAILED', `${url}: no answer within ${String(seconds)} s`, {
    operation: 'gamma.webhook',
  });

/**
 * Posts one message, signed as Standard Webhooks has it. A redirect is not followed.
 *
 * @throws PhiError with the code that the answer, or its absence, has; the signal's reason once it is aborted
 */
export const postMessage = async (call: WebhookCall, message: WebhookMessage): Promise<WebhookAnswer> => {
  const { destination, field, signal } = call;
  // The path of a webhook is often its password.
  const url = `${field} (${new URL(destination.url).origin})`;
  const failed = { url, operation: 'gamma.webhook', refusedCode: 'EXEC_004_OUTPUT_FAILED' };
  const late = AbortSignal.timeout(destination.timeout_seconds * 1000);
  try {
    const { status, retryAfter } = await post(call, message, AbortSignal.any([signal, late]));
    if (status >= 200 && status < 300) return { kind: 'acknowledged', status };
    const failure = statusFailure(status, failed);
    const after_seconds = retryAfterSeconds(retryAfter, new Date());
    if ((status === 429 || status === 503) && after_seconds !== undefined)
      return { kind: 'later', after_seconds, failure };
    throw failure;
  } catch (error) {
    signal.throwIfAborted();
    if (late.aborted) throw unanswered(url, destination.timeout_seconds);
    throw connectionFailure(error, failed, signal);
  }
};
